// The chapters: rows of a time and a title, added, removed, and set to where the player is.

import { blank, fit, nameIt } from "./blanks.js";
import { markChanged, tellRight, tellWrong } from "./marks.js";
import { readTime, reached, showTime } from "./times.js";

export function showChapters(fields, player, words, say) {
  const section = document.getElementById("chapters");
  const list = section.querySelector(".chapter-rows");
  const add = document.getElementById("add-chapter");
  const none = document.getElementById("no-chapters");
  const timeOf = (row) => row.querySelector(".chapter-time");
  const titleOf = (row) => row.querySelector(".chapter-title");
  let shown = null; // what the rows say, as the field has it

  function rowOf({ start, title }) {
    const row = blank("blank-chapter");
    const known = typeof start === "number";
    if (known) row.dataset.start = start;
    timeOf(row).value = known ? showTime(start) : start;
    titleOf(row).value = title;
    return row;
  }

  const startOf = (row) => readTime(timeOf(row).value, "start" in row.dataset ? Number(row.dataset.start) : null);

  function take() {
    shown = JSON.stringify([...list.children].map((row) => ({ start: startOf(row), title: titleOf(row).value })));
    fields.set("chapters", shown);
  }

  function nameRows() {
    [...list.children].forEach((row, index) => {
      const number = String(index + 1);
      for (const element of row.querySelectorAll("[data-label]")) nameIt(element, { number, time: timeOf(row).value });
    });
    none.hidden = list.children.length > 0;
  }

  function setTime(row, seconds) {
    const whole = Math.floor(seconds);
    row.dataset.start = whole;
    timeOf(row).value = showTime(whole);
  }

  list.addEventListener("input", (event) => {
    const row = event.target.closest(".chapter");
    tellRight(row);
    if (event.target === titleOf(row)) fit(event.target);
    take();
    nameRows();
  });

  list.addEventListener("click", (event) => {
    const row = event.target.closest(".chapter");
    const start = row && startOf(row);
    switch (event.target.closest("[data-does]")?.dataset.does) {
      case "play": {
        const seconds = typeof start === "number" ? start : start.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
        if (Number.isFinite(seconds)) player.playFrom(seconds);
        return;
      }
      case "here":
        tellRight(row);
        setTime(row, player.time());
        break;
      case "remove": {
        const next = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        (next ? titleOf(next) : add).focus();
        say(words.removed);
        break;
      }
      default:
        return;
    }
    take();
    nameRows();
  });

  add.addEventListener("click", () => {
    const seconds = Math.floor(player.time());
    const rows = [...list.children];
    const starts = rows.map(startOf).map((start) => (typeof start === "number" ? start : Infinity));
    const row = rowOf({ start: seconds, title: "" });
    list.insertBefore(row, rows[reached(starts, seconds) + 1] ?? null);
    nameRows();
    take();
    titleOf(row).focus();
  });

  function show() {
    const value = fields.now("chapters");
    if (value !== shown) {
      shown = value;
      list.replaceChildren(...JSON.parse(value).map(rowOf));
      nameRows();
    }
    const were = JSON.parse(fields.heard("chapters"));
    const told = were.slice(0, 3).map(({ start, title }) => `${showTime(start)} ${title}`);
    if (were.length > told.length) told.push(words.and_more.replace("{count}", were.length - told.length));
    if (told.length === 0) told.push(words.chapters_were.replace("{count}", 0));
    markChanged(section, fields.isChanged("chapters"), told.join(" · "), section.dataset.label, () => {
      fields.set("chapters", fields.heard("chapters"));
    });
  }

  return {
    show,
    wrong(number, part, message) {
      const row = list.children[number];
      return tellWrong(row, message, part === "start" ? timeOf(row) : titleOf(row));
    },
  };
}
