// Words may be dragged into the gaps; the lists in the text say the same and stay the only thing that is sent.

function gapsOf(box) { return [...box.querySelectorAll("select")]; }

function accepts(gap, word) { return [...gap.options].some((option) => option.value === word); }

function show(box) {
  const used = new Set(gapsOf(box).map((gap) => gap.value));
  const once = !box.hasAttribute("data-reuse");
  box.querySelectorAll("[data-word]").forEach((word) => word.classList.toggle("used", once && used.has(word.dataset.word)));
}

function put(box, gap, word) {
  if (!accepts(gap, word)) return;
  if (!box.hasAttribute("data-reuse")) {
    gapsOf(box).forEach((other) => { if (other !== gap && other.value === word) other.value = ""; });
  }
  gap.value = word;
  gap.dispatchEvent(new Event("change", { bubbles: true }));
}

function below(box, event) {
  const found = document.elementFromPoint(event.clientX, event.clientY);
  const gap = found && found.closest ? found.closest("select") : null;
  return gap && box.contains(gap) ? gap : null;
}

function drag(box, word, event) {
  const ghost = word.cloneNode(true);
  const place = (at) => {
    ghost.style.left = at.clientX - word.offsetWidth / 2 + "px";
    ghost.style.top = at.clientY - word.offsetHeight / 2 + "px";
  };
  let over = null;
  let moved = false;
  const move = (at) => {
    if (!moved) { ghost.classList.add("held"); word.parentNode.append(ghost); moved = true; }
    place(at);
    const gap = below(box, at);
    if (over && over !== gap) over.classList.remove("over");
    if (gap && accepts(gap, word.dataset.word)) gap.classList.add("over");
    over = gap;
  };
  const end = (at) => {
    word.removeEventListener("pointermove", move);
    word.removeEventListener("pointerup", end);
    word.removeEventListener("pointercancel", end);
    ghost.remove();
    if (over) over.classList.remove("over");
    if (at.type !== "pointerup") return;
    const gap = moved ? below(box, at) : gapsOf(box).find((each) => !each.value && accepts(each, word.dataset.word));
    if (gap) put(box, gap, word.dataset.word);
  };
  word.setPointerCapture(event.pointerId);
  word.addEventListener("pointermove", move);
  word.addEventListener("pointerup", end);
  word.addEventListener("pointercancel", end);
}

function arrange() {
  document.querySelectorAll("[data-words]").forEach((box) => {
    if (box.dataset.ready || box.closest("fieldset[disabled]")) return;
    box.dataset.ready = "yes";
    box.querySelector(".words").hidden = false;
    box.addEventListener("change", () => show(box));
    box.querySelectorAll("[data-word]").forEach((word) => {
      word.addEventListener("pointerdown", (event) => { event.preventDefault(); drag(box, word, event); });
    });
    show(box);
  });
}

document.addEventListener("htmx:afterSettle", arrange);
arrange();
