// Copying a message out of its field. The buttons are hidden where no script runs: the text can be selected by hand.

async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch (error) { // an old WebView, or a site without https
    field.focus();
    field.select();
    document.execCommand("copy");
  }
}

document.querySelectorAll("button[data-copy-from]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await copy(document.getElementById(button.dataset.copyFrom));
    button.setAttribute("aria-live", "polite");
    button.textContent = button.dataset.copied;
  });
});
