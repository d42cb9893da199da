// "Print" is shown only where a script runs and the browser can print (Zalo's cannot).
document.querySelectorAll("button[data-print]").forEach((button) => {
  if (typeof window.print !== "function") return;
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
