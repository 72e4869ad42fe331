
"use strict";
(() => {
  const audio = document.getElementById("audio");
  const follow = document.getElementById("follow");
  const chapters = [...document.querySelectorAll(".chapters button")];
  const lines = [...document.querySelectorAll("[data-transcript] li")];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const start = (element) => Number(element.dataset.start);

  const seek = (seconds) => {
    audio.currentTime = seconds;
    // A browser may refuse to play before the listener has touched the page; the place is kept all the same.
    audio.play().catch(() => {});
  };

  // The last element that starts at or before this time, or -1.
  const reached = (elements, seconds) => {
    let low = 0;
    let high = elements.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (start(elements[middle]) <= seconds + 0.02) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  const marker = (elements, holder, whenMoved) => {
    let current = -1;
    return (seconds) => {
      const next = reached(elements, seconds);
      if (next === current) return;
      if (current >= 0) holder(elements[current]).removeAttribute("aria-current");
      current = next;
      if (current < 0) return;
      holder(elements[current]).setAttribute("aria-current", "true");
      whenMoved(elements[current]);
    };
  };

  // One stop for the tab key; arrows move from line to line.
  let stop = null;
  const stopAt = (line) => {
    if (stop) stop.tabIndex = -1;
    stop = line.querySelector("button");
    stop.tabIndex = 0;
  };

  const markChapter = marker(chapters, (button) => button.parentElement, () => {});
  const markLine = marker(lines, (line) => line, (line) => {
    if (!line.contains(document.activeElement) && !(stop && stop === document.activeElement)) stopAt(line);
    if (follow.checked && (!audio.paused || audio.seeking)) {
      line.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
    }
  });
  const mark = () => {
    markChapter(audio.currentTime);
    if (lines.length) markLine(audio.currentTime);
  };
  for (const event of ["timeupdate", "seeking", "seeked", "play"]) audio.addEventListener(event, mark);

  for (const button of chapters) button.addEventListener("click", () => seek(start(button)));

  if (lines.length) {
    follow.closest("label").hidden = false;
    for (const line of lines) line.querySelector("button").tabIndex = -1;
    stopAt(lines[0]);
    const transcript = document.querySelector("[data-transcript]");
    transcript.addEventListener("click", (event) => {
      const line = event.target.closest("li");
      // Whoever marks text to copy it does not want to jump.
      if (!line || String(getSelection()).length) return;
      stopAt(line);
      seek(start(line));
    });
    transcript.addEventListener("keydown", (event) => {
      const at = lines.findIndex((line) => line.contains(event.target));
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
      if (at < 0 || to === undefined || !lines[to]) return;
      event.preventDefault();
      stopAt(lines[to]);
      stop.focus();
    });
    // Scrolling by hand means reading ahead: stop following until asked again.
    for (const event of ["wheel", "touchmove"]) {
      addEventListener(event, () => { if (!audio.paused) follow.checked = false; }, { passive: true });
    }
  }

  // #t=83 opens the page at that second (https://www.w3.org/TR/media-frags/).
  const place = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (place) {
    audio.addEventListener("loadedmetadata", () => { audio.currentTime = Number(place[1]); }, { once: true });
  }
})();
