// Between the server's JSON and the fields: what a draft puts into them, and what is sent of them.

const json = (chapters) => JSON.stringify(chapters.map(({ start, title }) => ({ start, title })));

export const lineKey = (number) => `line ${number}`;
export const nameKey = (label) => `name ${label}`;

// [key, the model's value, the saved value] of every field.
export function valuesOf(draft) {
  const { heard, edits, lines } = draft;
  return [
    ["title", heard.title, edits.title ?? heard.title],
    ["summary", heard.summary, edits.summary ?? heard.summary],
    ["chapters", json(heard.chapters), json(edits.chapters ?? heard.chapters)],
    ...heard.speakers.map((label) => [nameKey(label), label, edits.speaker_names[label] ?? label]),
    ...lines.map((line, number) => [lineKey(number), line.was, line.text ?? line.was]),
  ];
}

// Whether the model wrote the same in both drafts, so that what people made of it can be compared field by field.
export function sameShape(one, other) {
  const shape = ({ heard, lines }) => JSON.stringify([heard, lines.map(({ start, end, was }) => [start, end, was])]);
  return shape(one) === shape(other);
}

// Only what differs from the model's words is sent. `sent` tells which line each number in the server's answer means.
export function editsOf(fields, draft) {
  const ifChanged = (key) => (fields.isChanged(key) ? fields.now(key) : null);
  const chapters = ifChanged("chapters");
  const names = draft.heard.speakers.filter((label) => fields.isChanged(nameKey(label)));
  const sent = draft.lines.map((_, number) => number).filter((number) => fields.isChanged(lineKey(number)));
  return {
    sent,
    edits: {
      title: ifChanged("title"),
      summary: ifChanged("summary"),
      chapters: chapters && JSON.parse(chapters),
      speaker_names: Object.fromEntries(names.map((label) => [label, fields.now(nameKey(label))])),
      lines: sent.map((number) => {
        const { start, end, was } = draft.lines[number];
        return { start, end, was, text: fields.now(lineKey(number)) };
      }),
    },
  };
}
