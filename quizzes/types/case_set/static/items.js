// CMS: the fields of a question of a case appear as soon as its type is chosen.

function enliven(box) {
  const rows = [...box.querySelectorAll("[data-item]")];
  const listOf = (row) => row.querySelector("select[name$='-type']");

  // One row more than is filled is enough to go on.
  function tidy() {
    const last = rows.reduce((found, row, index) => (listOf(row).value ? index : found), -1);
    rows.forEach((row, index) => {
      row.hidden = index > last + 1;
      row.querySelector(".case-item-body").hidden = !listOf(row).value;
    });
  }

  function fill(row) {
    const blank = box.querySelector("template[data-type='" + listOf(row).value + "']");
    const place = row.querySelector(".case-own");
    place.textContent = "";
    if (blank) {
      place.innerHTML = blank.innerHTML.split(box.dataset.number).join(row.dataset.item);
      document.dispatchEvent(new Event("lms:fields"));
    }
    tidy();
  }

  rows.forEach((row) => listOf(row).addEventListener("change", () => fill(row)));
  tidy();
}

document.querySelectorAll("[data-items]").forEach(enliven);
