// Retries without leaving the page; a refusal is told beside the button.

export function retryInPlace(main, refresh) {
  main.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-action]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const refusal = form.querySelector(".refusal");
    refusal.textContent = "";
    button.disabled = true;
    try {
      const response = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" } });
      if (!response.ok) {
        const { error } = await response.json();
        refusal.textContent = [error.message, error.advice].filter(Boolean).join(" ");
      }
    } catch {
      document.getElementById("unreachable").hidden = false;
    }
    button.disabled = false;
    refresh();
  });
}
