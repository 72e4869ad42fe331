// The lines of the transcript: thousands of them, so their events are heard at the list and marks are made when needed.

import { blank, fit, guessHeight, nameIt } from "./blanks.js";
import { lineKey, nameKey } from "./draft.js";
import { markChanged, tellRight, tellWrong } from "./marks.js";
import { reached, shortTime } from "./times.js";

export function showTranscript(draft, fields, player) {
  const list = document.getElementById("lines");
  const follow = document.getElementById("follow");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const areaOf = (row) => row.querySelector("textarea");
  const numberOf = (element) => Number(element.closest(".line").dataset.number);
  const starts = draft.lines.map((line) => line.start);
  const rows = draft.lines.map(rowOf);
  list.replaceChildren(...rows);
  document.getElementById("no-lines").hidden = rows.length > 0;
  rows.forEach((_, number) => mark(number));

  function rowOf(line, number) {
    const row = blank("blank-line");
    const [voice, at, area] = row.children;
    const time = shortTime(line.start);
    row.dataset.number = number;
    at.textContent = time;
    nameIt(at, { time });
    nameIt(area, { time });
    area.value = fields.now(lineKey(number));
    guessHeight(area);
    if (line.speaker && line.speaker !== draft.lines[number - 1]?.speaker) {
      voice.dataset.speaker = line.speaker;
      voice.textContent = fields.now(nameKey(line.speaker));
      voice.hidden = false;
    }
    return row;
  }

  function mark(number) {
    const key = lineKey(number);
    const row = rows[number];
    if (!fields.isChanged(key) && !row.dataset.changed) return;
    row.dataset.out = fields.now(key).trim() === "" ? "yes" : "";
    markChanged(row, fields.isChanged(key), fields.heard(key), areaOf(row).getAttribute("aria-label"), () => {
      fields.set(key, fields.heard(key));
    });
  }

  list.addEventListener("input", (event) => {
    fit(event.target);
    tellRight(event.target.closest(".line"));
    fields.set(lineKey(numberOf(event.target)), event.target.value);
  });
  list.addEventListener("focusin", (event) => event.target.matches("textarea") && fit(event.target));
  list.addEventListener("click", (event) => {
    if (event.target.matches(".at")) player.playFrom(starts[numberOf(event.target)]);
  });

  list.addEventListener("keydown", (event) => {
    // While a word is being composed, Enter belongs to the input method.
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("textarea")) return;
    event.preventDefault(); // a line holds no line break
    const number = numberOf(event.target);
    if (event.ctrlKey || event.metaKey) {
      if (player.paused()) player.playFrom(starts[number]);
      else player.toggle();
      return;
    }
    const next = rows[event.shiftKey ? number - 1 : number + 1];
    if (next) areaOf(next).focus();
  });

  let spoken = -1;
  player.onTime(() => {
    const now = reached(starts, player.time());
    if (now === spoken) return;
    rows[spoken]?.removeAttribute("aria-current");
    spoken = now;
    const row = rows[spoken];
    if (!row) return;
    row.setAttribute("aria-current", "true");
    // Whoever is writing stays where they write.
    if (follow.checked && !document.activeElement.matches("textarea, input:not([type=checkbox])")) {
      row.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
    }
  });
  // Scrolling by hand means reading elsewhere: nobody is pulled back until they ask again.
  for (const event of ["wheel", "touchmove"]) {
    addEventListener(event, () => player.paused() || (follow.checked = false), { passive: true });
  }

  return {
    show(number) {
      const area = areaOf(rows[number]);
      const value = fields.now(lineKey(number));
      if (area.value !== value) {
        area.value = value;
        fit(area);
      }
      mark(number);
    },
    wrong: (number, message) => tellWrong(rows[number], message),
    rename(label) {
      for (const voice of list.querySelectorAll(`[data-speaker="${CSS.escape(label)}"]`)) {
        voice.textContent = fields.now(nameKey(label));
      }
    },
    label: (number) => areaOf(rows[number]).getAttribute("aria-label"),
  };
}
