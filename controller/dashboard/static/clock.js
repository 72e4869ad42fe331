// Times that count by themselves between two answers of the server, on the server's clock.

let ahead = 0; // milliseconds that the server's clock is ahead of this one

export function setClock(serverTime) {
  ahead = Date.parse(serverTime) - Date.now();
}

export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function tick(root, retryIn) {
  const now = Date.now() + ahead;
  for (const station of root.querySelectorAll("[data-step]")) {
    const time = station.querySelector('[data-text="time"]');
    const { since, until } = station.dataset;
    if (since) time.textContent = stopwatch((now - Date.parse(since)) / 1000);
    else if (until) time.textContent = retryIn.replace("{time}", stopwatch((Date.parse(until) - now) / 1000));
  }
}
