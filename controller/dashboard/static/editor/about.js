// Title, summary and what the speakers are called; decisions and action items, to be read.

import { blank, fit } from "./blanks.js";
import { nameKey } from "./draft.js";
import { markChanged, tellRight, tellWrong } from "./marks.js";

export function showAbout(draft, fields, words) {
  const holders = new Map();

  function hold(key, holder, label) {
    const control = holder.querySelector("textarea, input");
    holders.set(key, { holder, control, label });
    control.addEventListener("input", () => {
      fit(control);
      tellRight(holder);
      fields.set(key, control.value);
    });
  }

  for (const key of ["title", "summary"]) {
    const holder = document.querySelector(`.field[data-key="${key}"]`);
    hold(key, holder, holder.dataset.label);
  }
  document.getElementById("title").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) event.preventDefault(); // a title is one line
  });

  const speakers = document.getElementById("speakers");
  speakers.hidden = draft.heard.speakers.length === 0;
  speakers.querySelector("ul").replaceChildren(
    ...draft.heard.speakers.map((name, number) => {
      const row = blank("blank-speaker");
      const [label, input] = row.children;
      label.textContent = label.dataset.label.replace("{name}", () => name);
      label.htmlFor = input.id = `speaker-${number}`;
      hold(nameKey(name), row, label.textContent);
      return row;
    }),
  );

  for (const name of ["decisions", "action_items"]) {
    const items = draft.heard[name].map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    });
    document.querySelector(`[data-minutes="${name}"]`).replaceChildren(...items);
    document.querySelector(`[data-none="${name}"]`).hidden = items.length > 0;
  }

  function count(control, holder) {
    const most = Number(control.dataset.most);
    if (!most) return;
    const length = [...control.value.trim()].length;
    const told = holder.querySelector(".count-of");
    told.textContent = words.counted.replace("{count}", length).replace("{most}", most);
    told.dataset.over = length > most ? "yes" : "";
  }

  return {
    has: (key) => holders.has(key),
    show(key) {
      const { holder, control, label } = holders.get(key);
      const value = fields.now(key);
      if (control.value !== value) control.value = value;
      fit(control);
      count(control, holder);
      markChanged(holder, fields.isChanged(key), fields.heard(key), label, () => fields.set(key, fields.heard(key)));
    },
    wrong(key, message) {
      const { holder, control } = holders.get(key);
      return tellWrong(holder, message, control);
    },
    label: (key) => holders.get(key).label,
  };
}
