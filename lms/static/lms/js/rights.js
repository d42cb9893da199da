// Giving rights: choosing a role marks its boxes, marking boxes chooses the role that they make, or "only those marked".

const field = document.querySelector("[data-rights]");

if (field) {
  const radios = Array.from(field.querySelectorAll(".opt input"));
  const boxes = Array.from(field.querySelectorAll(".boxes input"));
  const roleOf = (radio) => radio.closest("[data-role]").dataset.role;
  const marked = () => boxes.filter((box) => box.checked).map((box) => box.value).join(" ");

  radios.forEach((radio) => radio.addEventListener("change", () => {
    const rights = roleOf(radio).split(" ");
    if (roleOf(radio)) boxes.forEach((box) => { box.checked = rights.includes(box.value); });
    else field.querySelector("details").open = true;
  }));
  boxes.forEach((box) => box.addEventListener("change", () => {
    const fitting = radios.find((radio) => roleOf(radio) === marked()) || radios[radios.length - 1];
    fitting.checked = true;
  }));
  if (marked()) (radios.find((radio) => roleOf(radio) === marked()) || radios[radios.length - 1]).checked = true;
}
