// Labels on a picture: drag a label by its grip, or tap it and then a place. The lists of numbers hold the answer and
// always say the same; without this script they are all there is.

const REACH = 48;

function enliven(box) {
  const picture = box.querySelector(".picture");
  const said = box.querySelector(".label-said");
  const places = [...box.querySelectorAll(".place")];
  const lines = [...box.querySelectorAll(".labels li")];
  let picked = null;
  let isTelling = false;

  const listOf = (line) => line.querySelector("select");
  const textOf = (line) => line.dataset.text;

  function pointOf(place) {
    const size = picture.getBoundingClientRect();
    return [size.left + (size.width * place.dataset.x) / 10000, size.top + (size.height * place.dataset.y) / 10000];
  }

  function nearest(left, top) {
    let found = null;
    let best = REACH;
    places.forEach((place) => {
      const [x, y] = pointOf(place);
      const distance = Math.hypot(x - left, y - top);
      if (distance < best) { best = distance; found = place; }
    });
    return found;
  }

  // The picture shows what the lists say.
  function draw() {
    picture.querySelectorAll(".dropped").forEach((tag) => tag.remove());
    places.forEach((place) => {
      const holders = lines.filter((line) => listOf(line).value === place.dataset.place);
      place.classList.toggle("taken", holders.length > 0);
      if (!holders.length) return;
      const tag = document.createElement("span");
      tag.className = "dropped";
      tag.setAttribute("aria-hidden", "true");
      tag.textContent = holders.map(textOf).join(" + ");
      picture.append(tag);
      const whole = picture.getBoundingClientRect();
      const mark = place.getBoundingClientRect();
      const middle = mark.left + mark.width / 2 - whole.left - tag.offsetWidth / 2;
      const under = mark.bottom - whole.top;
      tag.style.left = Math.max(2, Math.min(whole.width - tag.offsetWidth - 4, middle)) + "px";
      tag.style.top = (under + tag.offsetHeight > whole.height ? mark.top - whole.top - tag.offsetHeight - 4 : under) + "px";
    });
  }

  function pick(line) {
    picked = line;
    lines.forEach((other) => {
      other.classList.toggle("picked", other === line);
      other.querySelector(".chip").setAttribute("aria-pressed", String(other === line));
    });
    box.classList.toggle("picking", Boolean(line));
    said.textContent = line ? box.dataset.pick.replace("{label}", textOf(line)) : "";
  }

  // A place holds one label: the one before goes back to the list.
  function put(line, value) {
    if (value) lines.forEach((other) => { if (other !== line && listOf(other).value === value) listOf(other).value = ""; });
    listOf(line).value = value;
    pick(null);
    draw();
    const place = places.find((each) => each.dataset.place === value);
    said.textContent = (place ? box.dataset.put.replace("{number}", place.dataset.number) : box.dataset.taken).replace("{label}", textOf(line));
    isTelling = true;
    listOf(line).dispatchEvent(new Event("change", { bubbles: true }));
    isTelling = false;
  }

  function drag(line, event) {
    const ghost = document.createElement("span");
    ghost.className = "label-ghost";
    ghost.textContent = textOf(line);
    const grip = event.currentTarget;
    let moved = false;
    const show = (x, y) => {
      ghost.style.transform = "translate(" + (x - ghost.offsetWidth / 2) + "px," + (y - ghost.offsetHeight - 14) + "px)";
      const place = nearest(x, y);
      places.forEach((each) => each.classList.toggle("near", each === place));
    };
    const move = (now) => {
      if (!moved && Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) < 6) return;
      if (!moved) { document.body.append(ghost); moved = true; }
      // A long picture: near the edge of the window the page moves along.
      if (now.clientY < 60) window.scrollBy(0, -14);
      else if (now.clientY > window.innerHeight - 60) window.scrollBy(0, 14);
      show(now.clientX, now.clientY);
    };
    const end = (now) => {
      grip.removeEventListener("pointermove", move);
      grip.removeEventListener("pointerup", end);
      grip.removeEventListener("pointercancel", end);
      ghost.remove();
      places.forEach((each) => each.classList.remove("near"));
      if (!moved || now.type === "pointercancel") return;
      line.dataset.dragged = "yes";
      setTimeout(() => { delete line.dataset.dragged; }, 0);
      const place = nearest(now.clientX, now.clientY);
      const size = picture.getBoundingClientRect();
      const isOnPicture = now.clientX >= size.left && now.clientX <= size.right && now.clientY >= size.top && now.clientY <= size.bottom;
      if (place) put(line, place.dataset.place);
      else if (isOnPicture || listOf(line).value) put(line, "");
    };
    grip.setPointerCapture(event.pointerId);
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", end);
    grip.addEventListener("pointercancel", end);
  }

  lines.forEach((line) => {
    const label = line.querySelector("label");
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.setAttribute("aria-pressed", "false");
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.setAttribute("aria-hidden", "true");
    grip.textContent = "⠿";
    line.dataset.text = label.textContent;
    listOf(line).setAttribute("aria-label", label.textContent);
    chip.append(grip, label.textContent);
    label.replaceWith(chip);
    chip.addEventListener("click", () => { if (!line.dataset.dragged) pick(picked === line ? null : line); });
    // With a mouse the whole label is the grip; with a finger only the grip, so that the page can be scrolled.
    chip.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && (event.pointerType === "mouse" || event.target === grip)) drag(line, event);
    });
    listOf(line).addEventListener("change", () => { if (!isTelling) put(line, listOf(line).value); });
  });
  picture.addEventListener("click", (event) => {
    const place = nearest(event.clientX, event.clientY);
    if (place && picked) put(picked, place.dataset.place);
    else if (place) {
      const holder = lines.find((line) => listOf(line).value === place.dataset.place);
      if (holder) pick(holder);
    }
  });
  box.classList.add("live");
  draw();
  window.addEventListener("resize", () => { if (box.isConnected) draw(); });
  const image = picture.querySelector("img");
  if (!image.complete) image.addEventListener("load", draw);
}

function begin() {
  document.querySelectorAll("[data-labels]").forEach((box) => {
    if (box.dataset.ready || box.closest("fieldset[disabled]")) return;
    box.dataset.ready = "yes";
    enliven(box);
  });
}

begin();
document.addEventListener("htmx:afterSettle", begin);
