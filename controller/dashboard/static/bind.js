// Puts the newest values of a job into the markup that the server made. Stored text is hostile: nothing here is HTML.

const fieldOf = (data, path) => path.split(".").reduce((value, key) => value?.[key], data);

const isEmpty = (value) => value === undefined || value === null || value === "" || value === false;

function change(element, property, value) {
  // Writing what is there already would make a screen reader or a selection start over.
  if (element[property] !== value) element[property] = value;
}

function each(root, attribute, put) {
  for (const element of [root, ...root.querySelectorAll(`[data-${attribute}]`)]) {
    if (attribute in element.dataset) put(element, element.dataset[attribute]);
  }
}

function fill(root, data) {
  each(root, "text", (element, path) => {
    if (data !== stationOf(element, data)) return;
    const value = fieldOf(data, path);
    change(element, "textContent", isEmpty(value) ? "" : String(value));
    change(element, "hidden", isEmpty(value));
  });
}

// A field inside a station belongs to its step, not to the job around it.
function stationOf(element, data) {
  const station = element.closest("[data-step]");
  return station && data.steps ? null : data;
}

export function bind(root, job) {
  root.dataset.job = job.job_id;
  root.dataset.tone = job.tone;
  fill(root, job);
  each(root, "href", (element, path) => {
    const value = fieldOf(job, path);
    if (isEmpty(value)) element.removeAttribute("href");
    else if (element.getAttribute("href") !== value) element.setAttribute("href", value);
    change(element, "hidden", isEmpty(value));
  });
  each(root, "action", (element, path) => element.setAttribute("action", fieldOf(job, path)));
  each(root, "show", (element, path) => change(element, "hidden", isEmpty(fieldOf(job, path))));
  each(root, "value", (element, path) => {
    const value = fieldOf(job, path);
    if (isEmpty(value)) element.removeAttribute("value");
    else change(element, "value", value);
  });
  for (const station of root.querySelectorAll("[data-step]")) {
    const step = job.steps.find((candidate) => candidate.name === station.dataset.step);
    station.dataset.state = step.state;
    station.dataset.since = step.since ?? "";
    station.dataset.until = step.until ?? "";
    fill(station, step);
  }
}
