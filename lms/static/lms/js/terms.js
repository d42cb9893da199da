// Words of the glossary and documents of the register open where they are read, out of the lists at the end of the page:
// nothing is fetched. Without this script the link jumps to the list, and the entry leads back.

const EDGE = 12;
let open = null;

function entry(link) {
  const name = document.getElementById(link.hash.slice(1));
  const meaning = name && name.nextElementSibling;
  return meaning && meaning.tagName === "DD" ? { name, meaning } : null;
}

function place(link, box) {
  const width = document.documentElement.clientWidth;
  box.style.width = `${Math.min(340, width - 2 * EDGE)}px`;
  const lines = link.getClientRects();
  const line = lines[lines.length - 1];
  const foot = document.querySelector(".foot");
  const bottom = foot ? Math.min(window.innerHeight, foot.getBoundingClientRect().top) : window.innerHeight;
  const below = bottom - line.bottom - EDGE;
  const above = lines[0].top - EDGE;
  const isAbove = box.offsetHeight > below && above > below;
  box.style.maxHeight = `${Math.max(120, Math.min(window.innerHeight * 0.6, (isAbove ? above : below) - 6))}px`;
  // Lengths are counted from whatever the box hangs in: a step, a list, the page.
  const home = box.offsetParent.getBoundingClientRect();
  const left = Math.max(EDGE, Math.min(line.left, width - box.offsetWidth - EDGE));
  const top = isAbove ? lines[0].top - box.offsetHeight - 6 : line.bottom + 6;
  box.style.left = `${left - home.left - box.offsetParent.clientLeft}px`;
  box.style.top = `${top - home.top - box.offsetParent.clientTop}px`;
}

function close(backToLink) {
  if (!open) return;
  const { link, box } = open;
  open = null;
  link.setAttribute("aria-expanded", "false");
  box.remove();
  if (backToLink) link.focus({ preventScroll: true });
}

function show(link) {
  const found = entry(link);
  if (!found) return false;
  close(false);
  const labels = document.querySelector("[data-terms-close]");
  // Inside a paragraph only what a paragraph may hold.
  const box = document.createElement("span");
  box.className = "pop";
  box.tabIndex = -1;
  box.setAttribute("role", "dialog");
  const title = document.createElement("b");
  title.id = "pop-title";
  title.textContent = found.name.textContent;
  const text = document.createElement("span");
  text.id = "pop-text";
  text.className = "pop-text";
  found.meaning.childNodes.forEach((node) => {
    if (!(node.classList && node.classList.contains("way-back"))) text.appendChild(node.cloneNode(true));
  });
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pop-close";
  button.setAttribute("aria-label", labels ? labels.dataset.termsClose : "×");
  button.textContent = "×";
  button.addEventListener("click", () => close(true));
  box.append(title, text, button);
  box.setAttribute("aria-labelledby", title.id);
  box.setAttribute("aria-describedby", text.id);
  link.after(box);
  link.setAttribute("aria-expanded", "true");
  open = { link, box };
  place(link, box);
  box.focus({ preventScroll: true });
  return true;
}

document.querySelectorAll('.lesson a[href^="#term-"], .lesson a[href^="#luat-"]').forEach((link) => {
  if (!entry(link)) return;
  link.classList.add("term-link");
  link.setAttribute("role", "button");
  link.setAttribute("aria-haspopup", "dialog");
  link.setAttribute("aria-expanded", "false");
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (open && open.link === link) close(true);
    else show(link);
  });
  link.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    link.click();
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open) {
    event.preventDefault();
    close(true);
  }
});
document.addEventListener("click", (event) => {
  if (open && !open.box.contains(event.target) && !open.link.contains(event.target)) close(false);
});
document.addEventListener("focusin", (event) => {
  if (open && !open.box.contains(event.target) && event.target !== open.link) close(false);
});
window.addEventListener("resize", () => open && place(open.link, open.box));
window.addEventListener("beforeprint", () => close(false));
