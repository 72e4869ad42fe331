// Every field of the draft in three versions: as the model wrote it, as it is saved, and as it is typed now.
// A value is a string; that of the chapters is JSON.

export function newFields(onChange) {
  const all = new Map();
  const unsaved = new Set();

  function review(key) {
    const field = all.get(key);
    if (field.now === field.saved) unsaved.delete(key);
    else unsaved.add(key);
    onChange(key);
  }

  return {
    add(key, heard, saved) {
      all.set(key, { heard, saved, now: saved });
    },
    set(key, value) {
      all.get(key).now = value;
      review(key);
    },
    now: (key) => all.get(key).now,
    heard: (key) => all.get(key).heard,
    saved: (key) => all.get(key).saved,
    has: (key) => all.has(key),
    isChanged: (key) => all.get(key).now !== all.get(key).heard,
    keys: () => [...all.keys()],
    unsavedCount: () => unsaved.size,
    snapshot: () => new Map([...all].map(([key, field]) => [key, field.now])),
    // What was typed since the snapshot was taken stays unsaved.
    markSaved(snapshot) {
      for (const [key, value] of snapshot) {
        if (all.get(key).saved === value) continue;
        all.get(key).saved = value;
        review(key);
      }
    },
    // Somebody else saved `theirs`: what only they changed is taken over, and the keys that both changed are told.
    merge(theirs) {
      const both = [];
      for (const [key, value] of theirs) {
        const field = all.get(key);
        if (value === field.saved) continue;
        const untouched = field.now === field.saved;
        if (!untouched && value !== field.now) both.push(key);
        field.saved = value;
        if (untouched) field.now = value;
        review(key);
      }
      return both;
    },
  };
}
