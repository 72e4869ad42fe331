// The buttons of the next steps: each saves first what was typed, asks where it is told to, and then goes on.

import { tellRight, tellWrong } from "./marks.js";

export function takeActions(section, { save, order, words }) {
  const dialog = document.getElementById("question");
  const buttons = [...section.querySelectorAll("[data-order]")];

  function agrees(button) {
    const { question } = button.dataset;
    if (!question) return Promise.resolve(true);
    document.getElementById("question-text").textContent = question;
    document.getElementById("question-yes").textContent = button.textContent;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  function tellHour(message) {
    tellWrong(document.getElementById("hour").closest(".field"), message).focus();
  }

  section.addEventListener("input", () => tellRight(section));
  section.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-order]");
    if (!button) return;
    tellRight(section);
    const hour = button.dataset.hour ? document.getElementById(button.dataset.hour) : null;
    if (!(await agrees(button))) return;
    for (const each of buttons) each.disabled = true;
    try {
      if (!(await save())) return;
      const wrong = await order(button.dataset.order, hour ? { at: hour.value } : undefined);
      if (wrong) tellHour(wrong.find(({ field }) => field === "at")?.message ?? words.cannot_load);
    } finally {
      for (const each of buttons) each.disabled = false;
    }
  });
}
