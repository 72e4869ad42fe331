// What stands beside a field: that it is changed, with the model's words and the way back to them, and what is wrong.

import { blank } from "./blanks.js";

// Shows or takes away the mark of a changed field. Its button calls `setBack`.
export function markChanged(holder, changed, words, label, setBack) {
  const mark = holder.querySelector(":scope > .was");
  if (changed) holder.dataset.changed = "yes";
  else delete holder.dataset.changed;
  if (changed === Boolean(mark)) return;
  if (mark) {
    // The button had the focus: it goes to the field that it set back.
    const focused = mark.contains(document.activeElement);
    mark.remove();
    if (focused) holder.querySelector("textarea, input")?.focus();
    return;
  }
  const fresh = blank("blank-mark");
  const [text, button] = [fresh.querySelector("p"), fresh.querySelector("button")];
  text.textContent = text.dataset.label.replace("{text}", () => words);
  button.setAttribute("aria-label", button.dataset.label.replace("{field}", () => label));
  button.addEventListener("click", setBack);
  holder.append(fresh);
}

let numbers = 0;

export function tellWrong(holder, message, control = holder.querySelector("textarea, input")) {
  let told = holder.querySelector(":scope > .wrong");
  if (!told) holder.append((told = blank("blank-wrong")));
  told.id ||= `wrong-${++numbers}`;
  told.textContent = told.hidden ? message : `${told.textContent} ${message}`;
  told.hidden = false;
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-errormessage", told.id);
  return control;
}

export function tellRight(root) {
  for (const told of root.querySelectorAll(".wrong:not([hidden])")) {
    told.textContent = "";
    told.hidden = true;
  }
  for (const control of root.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-errormessage");
  }
}
