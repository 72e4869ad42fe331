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

export function fit(area) {
  if (fits) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
