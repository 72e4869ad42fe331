
"use strict";
(() => {
  const feed = document.querySelector("[data-feed]");
  const copy = document.querySelector("[data-copy]");
  if (!navigator.clipboard) return;
  copy.hidden = false;
  document.querySelector("[data-hint]").hidden = false;
  const label = copy.textContent;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(feed.href);
    copy.textContent = copy.dataset.copied;
    setTimeout(() => { copy.textContent = label; }, 2000);
  });
})();
