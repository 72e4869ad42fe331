// Copy buttons: shown only where there is a script to serve them.

export function offerCopies(buttons) {
  for (const button of buttons) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        // Without permission the text is selected instead: one key copies it.
        getSelection().selectAllChildren(button.previousElementSibling);
        return;
      }
      button.textContent = button.dataset.done;
      document.getElementById("news").textContent = button.dataset.done;
      setTimeout(() => (button.textContent = label), 2000);
    });
  }
}
