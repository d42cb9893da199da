// "Print" is shown only where a script runs and the browser can print (Zalo's cannot). What is folded is printed open,
// and drawings that have not been scrolled to are fetched first.
const folded = [];

function unfold() {
  document.querySelectorAll(".lesson details:not([open])").forEach((details) => {
    folded.push(details);
    details.open = true;
  });
}

function fetched(image) {
  image.loading = "eager";
  if (image.complete) return null;
  return new Promise((done) => {
    image.addEventListener("load", done);
    image.addEventListener("error", done);
  });
}

window.addEventListener("beforeprint", unfold);
window.addEventListener("afterprint", () => folded.splice(0).forEach((details) => { details.open = false; }));

document.querySelectorAll("button[data-print]").forEach((button) => {
  if (typeof window.print !== "function") return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const pictures = Promise.all(Array.from(document.querySelectorAll("main img"), fetched));
    // On a line that does not answer the page is printed as it stands.
    await Promise.race([pictures, new Promise((done) => { setTimeout(done, 4000); })]);
    window.print();
  });
});
