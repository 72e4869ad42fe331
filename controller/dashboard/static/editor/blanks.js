// Copies of the server's templates: every word and every element of the page is written there.

export const blank = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

// Gives an element the name that its template wrote, with its blanks filled.
export function nameIt(element, values) {
  const name = Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, () => value), element.dataset.label);
  element.setAttribute("aria-label", name);
  return name;
}

// Browsers that do not fit a text area to its text are helped.
const fits = CSS.supports("field-sizing", "content");

// A guess for those that are not in sight yet: lines of 60 columns, of which a Japanese character takes two.
export function guessHeight(area) {
  if (fits) return;
  const wide = area.value.match(/[^\x00-\xff]/g)?.length ?? 0;
  area.rows = Math.max(1, Math.ceil((area.value.length + wide) / 60));
}

export function fit(area) {
  if (fits) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
