// The banner that tells what went wrong with the whole draft, and where two people changed the same.

const banner = document.getElementById("trouble");
const list = document.getElementById("conflicts");

export function tellTrouble(message, { other = false, again = null } = {}) {
  document.getElementById("trouble-text").textContent = message;
  list.replaceChildren();
  document.getElementById("trouble-more").hidden = !other;
  const button = document.getElementById("load-again");
  button.hidden = again === null;
  button.onclick = again;
  banner.hidden = false;
  banner.focus({ preventScroll: true });
}

export function clearTrouble() {
  banner.hidden = true;
}

// Each of `conflicts` is { label, theirs, use }: what they wrote, with a button that takes it.
export function tellConflicts(conflicts, words) {
  list.replaceChildren(
    ...conflicts.map(({ label, theirs, use }) => {
      const [item, name, text, button] = ["li", "strong", "q", "button"].map((tag) => document.createElement(tag));
      name.textContent = label;
      text.textContent = theirs;
      button.type = "button";
      button.className = "button small quiet";
      button.textContent = words.theirs;
      button.setAttribute("aria-label", words.theirs_for.replace("{field}", () => label));
      button.addEventListener("click", () => {
        use();
        item.remove();
        banner.focus({ preventScroll: true });
      });
      item.append(name, " ", text, " ", button);
      return item;
    }),
  );
}
