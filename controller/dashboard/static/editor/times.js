// Places in the recording as people write them.

const two = (number) => String(number).padStart(2, "0");

// 0:00:07, always with its hour.
export function showTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

// 0:07, 12:40, 1:02:03: as the lines of a transcript carry it.
export function shortTime(seconds) {
  return showTime(seconds).replace(/^0:0?(\d+:)/, "$1");
}

// What is sent of a typed time: the seconds that it stood for before where it was not touched, else what was typed;
// the server reads it and says what is wrong with it.
export const readTime = (text, before) => (before !== null && text.trim() === showTime(before) ? before : text.trim());

// The place of the last of these times, in order, that has come at `seconds`; -1 where none has.
export function reached(starts, seconds) {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= seconds + 0.02) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
