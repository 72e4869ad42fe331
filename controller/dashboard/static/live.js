// Asks the server how the episodes are: every second while something runs, rarely when nothing does, never while
// nobody looks.

import { bind } from "./bind.js";
import { setClock, tick } from "./clock.js";

const BUSY = 1000;
const IDLE = 4000;
const PATIENCE = 15000;

export function keepFresh(main) {
  const { poll, retryIn, news } = main.dataset;
  const cards = document.getElementById("cards");
  const blank = document.getElementById("blank");
  const states = new Map();
  let timer = 0;
  let asked = 0;

  function tell(job) {
    const before = states.get(job.job_id);
    states.set(job.job_id, job.state);
    if (before === job.state || (before === undefined && !told)) return;
    const line = news.replace("{title}", () => job.title).replace("{state}", () => job.state_label);
    document.getElementById("news").textContent = line;
  }

  function arrange(jobs) {
    const wanted = new Set(jobs.map((job) => job.job_id));
    for (const item of [...cards.children]) {
      if (!wanted.has(item.querySelector("[data-job]").dataset.job)) item.remove();
    }
    jobs.forEach((job, place) => {
      let item = cards.querySelector(`[data-job="${CSS.escape(job.job_id)}"]`)?.closest("li");
      if (!item) {
        item = blank.content.firstElementChild.cloneNode(true);
        bind(item.querySelector("[data-job]"), job);
        item.classList.add("fresh");
      }
      // Moving an element takes its focus away: only those that are out of place move.
      if (cards.children[place] !== item) cards.insertBefore(item, cards.children[place] ?? null);
    });
    document.getElementById("empty").hidden = jobs.length > 0 || poll.includes("before=");
  }

  let told = false; // the first answer only confirms what the page says
  function show(answer) {
    setClock(answer.now);
    if (cards) arrange(answer.jobs);
    for (const job of answer.jobs) {
      for (const root of document.querySelectorAll(`[data-job="${CSS.escape(job.job_id)}"]`)) bind(root, job);
      tell(job);
    }
    told = true;
    const count = document.getElementById("count");
    if (count) {
      count.textContent = answer.under_way_label;
      count.dataset.busy = answer.under_way ? "yes" : "no";
    }
    tick(main, retryIn);
    return answer.jobs.some((job) => job.under_way);
  }

  async function refresh() {
    clearTimeout(timer);
    const mine = ++asked;
    let busy = false;
    try {
      const response = await fetch(poll, {
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!response.ok) throw new Error(response.statusText);
      const answer = await response.json();
      if (mine !== asked) return; // a newer question is on its way
      busy = show(answer);
      document.getElementById("unreachable").hidden = true;
    } catch {
      if (mine !== asked) return;
      document.getElementById("unreachable").hidden = false;
    }
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(refresh, busy ? BUSY : IDLE);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else refresh();
  });
  setInterval(() => document.hidden || tick(main, retryIn), 1000);
  refresh();
  return { refresh };
}
