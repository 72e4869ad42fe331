// Takes dropped or chosen files and sends them one after the other, each as the body of its own request.

export function takeDrops(form, list, refresh) {
  const words = form.dataset;
  const input = form.querySelector("input[type=file]");
  const accepted = new Set(words.accepted.split(" "));
  const queue = [];
  let sending = false;

  form.querySelector(".send").hidden = true;
  input.addEventListener("change", () => {
    add(input.files);
    input.value = ""; // so that the same file can be chosen again
  });

  // A file dropped beside the zone would replace the page: the whole window takes it.
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  window.addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) form.dataset.over = String(++depth > 0);
  });
  window.addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) form.dataset.over = String(--depth > 0);
  });
  window.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    form.dataset.over = "false";
    add(event.dataTransfer.files);
  });
  window.addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });

  function add(files) {
    for (const file of files) queue.push({ file, row: newRow(file) });
    sendNext();
  }

  async function sendNext() {
    if (sending || queue.length === 0) return;
    sending = true;
    const { file, row } = queue.shift();
    const reason = refusalOf(file);
    row.finish(reason ? { refused: reason } : await send(file, row));
    sending = false;
    refresh();
    sendNext();
  }

  // Said here too, so that nobody waits for a gigabyte to hear it; the server has the last word.
  function refusalOf(file) {
    const extension = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
    if (!accepted.has(extension)) return words.notAudio;
    return file.size > Number(words.largest) ? words.tooLarge : null;
  }

  function send(file, row) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
      request.open("POST", `${form.getAttribute("action")}?name=${encodeURIComponent(file.name.toWellFormed?.() ?? file.name)}`);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.onprogress = (event) => row.progress(event.loaded, event.total);
      request.onload = () => {
        const { files, error } = request.response ?? {};
        if (request.status < 300 && files) resolve({ received: files[0].message });
        else resolve({ refused: error ? [error.message, error.advice].filter(Boolean).join(" ") : words.cutOff });
      };
      request.onerror = request.onabort = () => resolve({ refused: words.cutOff });
      request.send(file);
    });
  }

  function newRow(file) {
    const item = document.createElement("li");
    const [name, outcome] = [document.createElement("span"), document.createElement("span")];
    const bar = document.createElement("progress");
    name.className = "name";
    name.textContent = file.name;
    outcome.className = "outcome";
    outcome.textContent = words.queued;
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    item.append(name, outcome, bar);
    list.append(item);
    return {
      progress(loaded, total) {
        bar.value = total ? (100 * loaded) / total : 0;
        outcome.textContent = words.sending.replace("{percent}", Math.floor(bar.value));
      },
      finish({ received, refused }) {
        bar.remove();
        item.dataset.tone = refused ? "failed" : "done";
        outcome.setAttribute("role", refused ? "alert" : "status");
        outcome.textContent = refused ?? received;
        if (refused) item.append(dismissButton(item));
        else setTimeout(() => item.remove(), 8000); // by then the episode's own card tells
      },
    };
  }

  function dismissButton(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small quiet";
    button.textContent = words.dismiss;
    button.addEventListener("click", () => {
      item.remove();
      input.focus();
    });
    return button;
  }
}
