// The page of one draft: fetches it, shows it, keeps what was typed, and saves it.

import { showAbout } from "./about.js";
import { takeActions } from "./actions.js";
import { showChapters } from "./chapters.js";
import { editsOf, lineKey, nameKey, sameShape, valuesOf } from "./draft.js";
import { newFields } from "./fields.js";
import { tellRight } from "./marks.js";
import { takePlayer } from "./player.js";
import { ask } from "./talk.js";
import { showTranscript } from "./transcript.js";
import { clearTrouble, tellConflicts, tellTrouble } from "./trouble.js";

const main = document.getElementById("main");
const words = JSON.parse(main.dataset.words);
const form = document.getElementById("draft");
const status = document.getElementById("status");
const saveButton = document.getElementById("save");
const player = takePlayer(document.getElementById("audio"), document.getElementById("player-trouble"), words);
const fields = newFields(show);

let draft = null;
let version = null;
let parts = null;
let saving = null; // the promise of the request that is under way
let leaving = false;

const say = (text) => (document.getElementById("news").textContent = text);

function show(key) {
  if (!parts) return;
  if (key === "chapters") parts.chapters.show();
  else if (parts.about.has(key)) parts.about.show(key);
  else parts.transcript.show(Number(key.slice(lineKey("").length)));
  const label = draft.heard.speakers.find((each) => nameKey(each) === key);
  if (label !== undefined) parts.transcript.rename(label);
  if (key === "title") document.getElementById("heading").textContent = fields.now("title").trim() || "—";
  showStatus();
}

function showStatus() {
  const count = fields.unsavedCount();
  status.dataset.state = saving ? "saving" : count ? "unsaved" : "saved";
  status.textContent = saving ? words.saving : count ? words.unsaved.replace("{count}", count) : words.saved;
}

async function load() {
  clearTrouble();
  const answer = await ask("GET", main.dataset.draft);
  if (answer.kind !== "done") {
    tellTrouble(answer.message ?? words.cannot_load, { again: load });
    return;
  }
  ({ data: draft, version } = answer);
  for (const [key, heard, saved] of valuesOf(draft)) fields.add(key, heard, saved);
  document.getElementById("lines").lang = draft.language;
  parts = {
    about: showAbout(draft, fields, words),
    chapters: showChapters(fields, player, words, say),
    transcript: showTranscript(draft, fields, player),
  };
  for (const key of ["title", "summary", "chapters", ...draft.heard.speakers.map(nameKey)]) show(key);
  showStatus();
  document.getElementById("loading").hidden = true;
  form.hidden = document.getElementById("bar").hidden = false;
}

// Keeps what was typed. Whether it is kept now.
async function save() {
  while (saving) await saving;
  if (!fields.unsavedCount()) return true;
  clearTrouble();
  tellRight(form);
  const snapshot = fields.snapshot();
  const { edits, sent } = editsOf(fields, draft);
  saving = ask("PUT", main.dataset.edits, { body: edits, version });
  showStatus();
  const answer = await saving;
  saving = null;
  if (answer.kind === "done") {
    version = answer.version;
    fields.markSaved(snapshot);
    say(words.saved);
  } else {
    await tell(answer, sent);
  }
  showStatus();
  return answer.kind === "done";
}

async function tell(answer, sent) {
  if (answer.kind === "wrong") tellProblems(answer.data.error.fields, sent);
  else if (answer.kind === "conflict") await reconcile(answer.message);
  else tellTrouble(answer.message ?? words[answer.kind]);
}

function tellProblems(problems, sent) {
  tellTrouble(words.wrong.replace("{count}", problems.length));
  const controls = problems.map(({ field, message }) => {
    const [part, ...rest] = field.split(".");
    if (part === "chapters") return parts.chapters.wrong(Number(rest[0]), rest[1], message);
    if (part === "lines") return parts.transcript.wrong(sent[Number(rest[0])], message);
    return parts.about.wrong(part === "speaker_names" ? nameKey(rest.join(".")) : part, message);
  });
  controls[0]?.focus();
}

// Somebody else saved: their draft comes beside what was typed here, and nothing of it is lost.
async function reconcile(message) {
  const answer = await ask("GET", main.dataset.draft);
  if (answer.kind !== "done" || answer.version === version) {
    // Not another version: the program is at work on the episode, or the controller is away.
    tellTrouble(message);
    return;
  }
  ({ version } = answer);
  if (!sameShape(draft, answer.data)) {
    tellTrouble(words.conflict_lines, { other: true });
    return;
  }
  const theirs = new Map(valuesOf(answer.data).map(([key, , saved]) => [key, saved]));
  const both = fields.merge(theirs);
  tellTrouble(both.length ? `${words.conflict} ${words.conflict_both}` : words.conflict, { other: true });
  tellConflicts(both.map((key) => ({ label: labelOf(key), theirs: readable(key, theirs.get(key)), use: () => fields.set(key, theirs.get(key)) })), words);
}

function labelOf(key) {
  if (key === "chapters") return document.getElementById("chapters").dataset.label;
  return parts.about.has(key) ? parts.about.label(key) : parts.transcript.label(Number(key.slice(lineKey("").length)));
}

const readable = (key, value) => (key === "chapters" ? JSON.parse(value).map(({ title }) => title).join(" · ") : value);

// Gives an order and leads to the job's page; the problems of its fields, if it has any, come back.
async function order(url, body) {
  const answer = await ask("POST", url, { body, version });
  if (answer.kind === "done") {
    leaving = true;
    location.assign(main.dataset.details);
    return null;
  }
  if (answer.kind === "wrong") return answer.data.error.fields;
  await tell(answer, []);
  return null;
}

saveButton.addEventListener("click", save);
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (draft) save();
});
addEventListener("beforeunload", (event) => {
  if (!leaving && (saving || fields.unsavedCount())) event.preventDefault();
});
takeActions(document.getElementById("next-steps"), { save, order, words });
load();
