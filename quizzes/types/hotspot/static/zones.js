// CMS: places are drawn on the picture of the same form; the rows of numbers hold them and can be typed as well.

const SVG = "http://www.w3.org/2000/svg";
const read = (text) => (text.trim() ? text.trim().split(/[;\s]+/).map((word) => Number(word.replace("%", "").replace(",", "."))) : []);
const write = (numbers) => numbers.map((number) => String(Math.round(Math.max(0, Math.min(100, number)) * 100) / 100).replace(".", ",")).join(" ");

function enliven(box) {
  const isPoints = box.dataset.zones === "points";
  // In a case every question has a picture of its own.
  const form = box.closest("[data-item], form");
  const rows = [...box.querySelectorAll(".zone-row")];
  const chooser = form.querySelector("[data-picture] input[type=file]");
  const part = (row, key) => row.querySelector("[name$='-" + key + "']");
  let current = null;

  const stage = document.createElement("div");
  stage.className = "zone-stage";
  stage.hidden = true;
  const image = document.createElement("img");
  image.alt = "";
  image.draggable = false;
  const svg = document.createElementNS(SVG, "svg");
  stage.append(image, svg);
  const how = document.createElement("p");
  how.className = "zone-how";
  how.setAttribute("role", "status");
  how.textContent = box.dataset.pick;
  box.prepend(how, stage);

  // Everything is drawn in hundredths of a percent of the width, so that a circle is round.
  const ratio = () => (image.naturalWidth ? image.naturalHeight / image.naturalWidth : 1);

  function node(name, attributes) {
    const found = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => found.setAttribute(key, String(value)));
    return found;
  }

  function outline(shape, numbers) {
    const down = (number) => number * 100 * ratio();
    if (shape === "point" && numbers.length === 2) return [node("circle", { cx: numbers[0] * 100, cy: down(numbers[1]), r: 220 }), numbers[0] * 100, down(numbers[1])];
    if (shape === "rect" && numbers.length === 4) {
      const [left, top, across, tall] = numbers;
      return [node("rect", { x: left * 100, y: down(top), width: across * 100, height: down(tall) }), (left + across / 2) * 100, down(top + tall / 2)];
    }
    if (shape === "circle" && numbers.length === 3) return [node("circle", { cx: numbers[0] * 100, cy: down(numbers[1]), r: numbers[2] * 100 }), numbers[0] * 100, down(numbers[1])];
    if (shape === "polygon" && numbers.length >= 2) {
      const corners = [];
      for (let at = 0; at + 1 < numbers.length; at += 2) corners.push(numbers[at] * 100 + "," + down(numbers[at + 1]));
      return [node("polygon", { points: corners.join(" ") }), numbers[0] * 100, down(numbers[1])];
    }
    return null;
  }

  const shapeOf = (row) => (isPoints ? "point" : part(row, "shape").value);

  function draw() {
    svg.setAttribute("viewBox", "0 0 10000 " + Math.round(10000 * ratio()));
    while (svg.firstChild) svg.firstChild.remove();
    rows.forEach((row, index) => {
      const numbers = read(part(row, "numbers").value);
      row.classList.toggle("is-drawn", row === current);
      if (numbers.some(Number.isNaN)) return;
      const found = outline(shapeOf(row), numbers);
      if (!found) return;
      const right = part(row, "right");
      found[0].setAttribute("class", "zone" + (isPoints || (right && right.checked) ? " right" : "") + (row === current ? " is-drawn" : ""));
      const label = node("text", { x: found[1], y: found[2] });
      label.textContent = String(index + 1);
      svg.append(found[0], label);
    });
  }

  // One row more than is filled is enough to go on.
  function tidy() {
    const last = rows.reduce((found, row, index) => (part(row, "numbers").value || part(row, "text").value || row === current ? index : found), -1);
    rows.forEach((row, index) => { row.hidden = index > last + 1; });
  }

  function set(row, numbers) {
    part(row, "numbers").value = write(numbers);
    draw();
    tidy();
  }

  function choose(row) {
    current = row;
    how.textContent = stage.hidden ? box.dataset.pick : box.dataset.how.replace("{number}", String(rows.indexOf(row) + 1));
    draw();
    tidy();
  }

  function place(event) {
    const size = image.getBoundingClientRect();
    const share = (at, from, whole) => Math.max(0, Math.min(100, ((at - from) / whole) * 100));
    return [share(event.clientX, size.left, size.width), share(event.clientY, size.top, size.height)];
  }

  let start = null;
  stage.addEventListener("pointerdown", (event) => {
    if (!current) choose(rows.find((row) => !part(row, "numbers").value) || rows[0]);
    event.preventDefault();
    const at = place(event);
    const shape = shapeOf(current);
    if (shape === "point") set(current, at);
    else if (shape === "polygon") set(current, [...read(part(current, "numbers").value), ...at]);
    else {
      start = at;
      stage.setPointerCapture(event.pointerId);
    }
  });
  stage.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = place(event);
    if (shapeOf(current) === "circle") {
      set(current, [...start, Math.hypot(x - start[0], (y - start[1]) * ratio())]);
    } else {
      set(current, [Math.min(x, start[0]), Math.min(y, start[1]), Math.abs(x - start[0]), Math.abs(y - start[1])]);
    }
  });
  ["pointerup", "pointercancel"].forEach((name) => stage.addEventListener(name, () => { start = null; }));

  rows.forEach((row) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small button-secondary";
    button.textContent = box.dataset.draw;
    button.addEventListener("click", () => {
      if (shapeOf(row) === "polygon") part(row, "numbers").value = "";
      choose(row);
      stage.scrollIntoView({ block: "nearest" });
    });
    row.append(button);
    row.addEventListener("input", () => { draw(); tidy(); });
    row.addEventListener("change", () => { draw(); tidy(); });
  });

  function show(address) {
    image.src = address;
    stage.hidden = false;
    how.textContent = "";
  }
  image.addEventListener("load", draw);
  const present = form.querySelector("[data-picture] [data-present]");
  if (present) show(present.src);
  if (chooser) chooser.addEventListener("change", () => { if (chooser.files[0]) show(URL.createObjectURL(chooser.files[0])); });
  tidy();
}

function begin() {
  document.querySelectorAll("[data-zones]").forEach((box) => {
    if (box.dataset.ready) return;
    box.dataset.ready = "yes";
    enliven(box);
  });
}

begin();
document.addEventListener("lms:fields", begin);
