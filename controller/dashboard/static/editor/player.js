// The recording: plays from a place, answers the space bar, and falls back to the published audio.

const typing = "input, textarea, select, button, a, audio, summary, [contenteditable], dialog *";

export function takePlayer(audio, trouble, words) {
  function play() {
    audio.play().catch(() => {}); // a browser may refuse until the page was touched; the place is kept all the same
  }

  function toggle() {
    if (audio.paused) play();
    else audio.pause();
  }

  function lookElsewhere() {
    const published = audio.dataset.public;
    if (published && audio.getAttribute("src") !== published) {
      const place = audio.currentTime;
      audio.src = published;
      audio.currentTime = place;
      return;
    }
    trouble.textContent = words.cannot_play;
    trouble.hidden = false;
  }

  audio.addEventListener("error", lookElsewhere);
  if (audio.error) lookElsewhere(); // it failed before this script ran

  const speed = document.getElementById("speed");
  speed.addEventListener("change", () => (audio.playbackRate = Number(speed.value)));

  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey || event.target.closest(typing)) return;
    event.preventDefault(); // the page would scroll
    toggle();
  });

  return {
    toggle,
    time: () => audio.currentTime,
    paused: () => audio.paused,
    playFrom(seconds) {
      audio.currentTime = seconds;
      play();
    },
    onTime(tell) {
      for (const event of ["timeupdate", "seeking", "seeked", "play"]) audio.addEventListener(event, tell);
    },
  };
}
