// A long answer: how many words there are, and three buttons for light Markdown. Without it the field works as it is.

const words = (text) => text.split(/\s+/).filter((piece) => /[0-9A-Za-z\u00c0-\u1ef9]/.test(piece)).length;

function count(box, field) {
  const place = box.querySelector(".essay-count");
  const found = words(field.value);
  const least = Number(field.dataset.least);
  const most = Number(field.dataset.most);
  place.textContent = box.dataset.words.replace("{count}", found.toLocaleString("vi")) + (most ? " / " + most.toLocaleString("vi") : "");
  place.classList.toggle("off", found > 0 && (found < least || (most > 0 && found > most)));
}

function wrap(field, sign) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  field.setRangeText(sign + value.slice(start, end) + sign, start, end, "end");
  if (start === end) field.setSelectionRange(start + sign.length, start + sign.length);
}

// Every line of the selection becomes a line of a list; an empty line before it, as Markdown wants.
function list(field) {
  const { value } = field;
  const start = value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const next = value.indexOf("\n", field.selectionEnd);
  const end = next < 0 ? value.length : next;
  const lines = value.slice(start, end).split("\n").map((line) => (line.startsWith("- ") ? line : "- " + line));
  const before = start > 1 && value[start - 2] !== "\n" && !/(^|\n)- [^\n]*\n$/.test(value.slice(0, start)) ? "\n" : "";
  field.setRangeText(before + lines.join("\n"), start, end, "end");
}

function tools(box, field) {
  const bar = document.createElement("div");
  bar.className = "essay-tools";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-controls", field.id);
  const add = (label, tag, text, work) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn small";
    button.title = label;
    button.setAttribute("aria-label", label);
    const sign = document.createElement(tag);
    sign.textContent = text;
    button.append(sign);
    button.addEventListener("click", () => {
      field.focus();
      work(field);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    bar.append(button);
  };
  add(field.dataset.bold, "b", "B", (place) => wrap(place, "**"));
  add(field.dataset.italic, "i", "I", (place) => wrap(place, "*"));
  add(field.dataset.list, "span", "•", list);
  field.parentNode.insertBefore(bar, field);
}

function begin() {
  document.querySelectorAll("[data-essay]").forEach((box) => {
    if (box.dataset.ready || box.closest("fieldset[disabled]")) return;
    box.dataset.ready = "yes";
    const field = box.querySelector("textarea");
    tools(box, field);
    count(box, field);
    let last = field.value;
    let timer = null;
    field.addEventListener("input", () => {
      count(box, field);
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (field.value === last || !field.isConnected) return;
        last = field.value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }, 2000);
    });
  });
}

begin();
document.addEventListener("htmx:afterSettle", begin);
