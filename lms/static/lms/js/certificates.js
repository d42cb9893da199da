// Copying a link, for browsers that do not open a PDF (Zalo's). The buttons are hidden where no script runs.

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) { // an old WebView, or a site without https
    const field = document.createElement("textarea");
    field.value = text;
    field.setAttribute("readonly", "");
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

const show = (root) => root.querySelectorAll("button[data-copy]").forEach((button) => { button.hidden = false; });

show(document);
// A card whose file has just become ready comes from htmx.
document.body.addEventListener("htmx:afterSwap", () => show(document));
document.body.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await copy(button.dataset.copy);
  button.textContent = button.dataset.copied;
  button.setAttribute("aria-live", "polite");
});
