// A picture to point at: tap, or move a cross with the arrow keys. Without it a cell of the grid is chosen from two lists.

const WHOLE = 10000;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const within = (number) => Math.max(0, Math.min(WHOLE, Math.round(number)));

function hidden(box, key) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = box.dataset.hotspot + "-" + key;
  box.append(field);
  return field;
}

function enliven(box) {
  const picture = box.querySelector(".picture");
  const svg = box.querySelector(".over");
  const spot = box.querySelector(".spot");
  const said = box.querySelector(".spot-said");
  const details = box.querySelector("details");
  const [column, row] = box.querySelectorAll("select");
  const columns = Number(box.dataset.columns);
  const rows = Number(box.dataset.rows);
  const x = hidden(box, "x");
  const y = hidden(box, "y");
  const was = box.querySelector("input[name$='-was']");
  if (was) {
    [x.value, y.value] = was.value.split(",");
    was.remove();
  }

  const draw = (left, top, isAim) => {
    const size = svg.viewBox.baseVal;
    spot.setAttribute("transform", "translate(" + (left * size.width) / WHOLE + " " + (top * size.height) / WHOLE + ")");
    spot.classList.remove("gone");
    spot.classList.toggle("aim", Boolean(isAim));
  };
  const say = () => {
    said.textContent = x.value === "" ? "" : box.dataset.chosen.replace("{cell}", column.options[column.selectedIndex].text + row.options[row.selectedIndex].text);
  };
  // The lists follow the place, so that both always say the same.
  const follow = () => {
    if (x.value === "" || y.value === "") return;
    column.value = String(Math.min(columns - 1, Math.floor((Number(x.value) * columns) / WHOLE)));
    row.value = String(Math.min(rows - 1, Math.floor((Number(y.value) * rows) / WHOLE)));
    draw(Number(x.value), Number(y.value));
    say();
  };
  const choose = (left, top) => {
    x.value = String(within(left));
    y.value = String(within(top));
    x.dispatchEvent(new Event("change", { bubbles: true }));
  };
  // Also when an answer that was kept on this device is put back.
  [x, y].forEach((field) => field.addEventListener("change", follow));

  let aim = null;
  picture.addEventListener("click", (event) => {
    const place = picture.querySelector("img").getBoundingClientRect();
    aim = null;
    choose(((event.clientX - place.left) / place.width) * WHOLE, ((event.clientY - place.top) / place.height) * WHOLE);
  });
  picture.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (aim) choose(aim[0], aim[1]);
      aim = null;
      return;
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const size = event.shiftKey ? 500 : 100;
    const from = aim || (x.value === "" ? [WHOLE / 2, WHOLE / 2] : [Number(x.value), Number(y.value)]);
    aim = [within(from[0] + step[0] * size), within(from[1] + step[1] * size)];
    draw(aim[0], aim[1], true);
    const name = column.options[1 + Math.min(columns - 1, Math.floor((aim[0] * columns) / WHOLE))].text + row.options[1 + Math.min(rows - 1, Math.floor((aim[1] * rows) / WHOLE))].text;
    said.textContent = name;
  });
  picture.addEventListener("blur", () => {
    if (!aim) return;
    aim = null;
    if (x.value === "") spot.classList.add("gone");
    else draw(Number(x.value), Number(y.value));
    say();
  });
  [column, row].forEach((list) => list.addEventListener("change", () => {
    if (column.value === "" || row.value === "") {
      x.value = y.value = "";
      spot.classList.add("gone");
      say();
      return;
    }
    x.value = String(Math.floor(((2 * Number(column.value) + 1) * WHOLE) / (2 * columns)));
    y.value = String(Math.floor(((2 * Number(row.value) + 1) * WHOLE) / (2 * rows)));
    draw(Number(x.value), Number(y.value));
    say();
  }));

  picture.tabIndex = 0;
  picture.setAttribute("role", "application");
  picture.setAttribute("aria-label", box.dataset.label);
  details.open = false;
  details.addEventListener("toggle", () => box.classList.toggle("mapped", details.open));
  box.classList.add("live");
}

function begin() {
  document.querySelectorAll("[data-hotspot]").forEach((box) => {
    if (box.dataset.ready || box.closest("fieldset[disabled]")) return;
    box.dataset.ready = "yes";
    enliven(box);
  });
}

begin();
document.addEventListener("htmx:afterSettle", begin);
