// The editor of a quiz: figures follow what is typed, rows are added. Everything is saved without it too.
(function () {
  "use strict";

  function blueprint(box) {
    const name = box.dataset.blueprint;
    const ready = JSON.parse(document.getElementById("blueprint-ready").textContent);
    const body = box.querySelector("tbody");
    const sums = box.querySelector("[data-sums]");

    function number(input) {
      const value = parseFloat(String(input.value).replace(",", "."));
      return Number.isFinite(value) && value > 0 ? value : 0;
    }

    function show() {
      const totals = {};
      let all = 0, marks = 0;
      body.querySelectorAll("[data-row]").forEach(function (row) {
        const objective = row.querySelector("select").value;
        row.querySelectorAll("[data-level]").forEach(function (cell) {
          const level = cell.dataset.level;
          const inputs = cell.querySelectorAll("input");
          const count = number(inputs[0]);
          const found = ready[objective + ":" + level] || 0;
          cell.querySelector("[data-ready]").textContent = objective ? found : "–";
          cell.classList.toggle("quiz-thin", count * 3 > found);
          totals[level] = (totals[level] || 0) + count;
          all += count;
          marks += count * (inputs[1].value.trim() ? number(inputs[1]) : 1);
        });
      });
      sums.hidden = false;
      sums.querySelectorAll("[data-sum]").forEach(function (cell) {
        cell.textContent = cell.dataset.sum === "all"
          ? all + " / " + String(Math.round(marks * 100) / 100).replace(".", ",")
          : totals[cell.dataset.sum] || 0;
      });
    }

    const more = box.querySelector("[data-more]");
    more.hidden = false;
    more.addEventListener("click", function () {
      const rows = body.querySelectorAll("[data-row]");
      const row = rows[rows.length - 1].cloneNode(true);
      row.querySelectorAll("[name]").forEach(function (field) {
        field.name = field.name.replace(new RegExp("^" + name + "-\\d+-"), name + "-" + rows.length + "-");
        if (field.tagName === "SELECT") field.selectedIndex = 0;
        else if (!field.name.endsWith("-section")) field.value = "";
      });
      body.appendChild(row);
      show();
      row.querySelector("select").focus();
    });
    box.addEventListener("input", show);
    box.addEventListener("change", show);
    show();
  }

  const FIELDS = ["category", "only_here", "objective", "level", "tags_all", "tags_any", "question"];

  function around(element) {
    // A field of a row of the draws: draws-<n>-<field>.
    let prefix = "";
    let box = element;
    while (box && !prefix) {
      const field = box.querySelector('[name$="-count"]');
      const found = field && /^draws-\d+-/.exec(field.name);
      if (found) prefix = found[0];
      else box = box.parentElement;
    }
    return prefix;
  }

  let asked = null;
  function matches(line) {
    const prefix = around(line);
    if (!prefix) return;
    const query = new URLSearchParams();
    FIELDS.forEach(function (field) {
      const input = document.getElementsByName(prefix + field)[0];
      if (!input) return;
      if (input.type === "checkbox") { if (input.checked) query.set(field, "1"); }
      else if (input.value && input.value !== "null") query.set(field, input.value);
    });
    fetch(line.dataset.matches + "?" + query, { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (found) { if (found) line.querySelector("[data-count]").textContent = found.text; })
      .catch(function () {});
  }

  function start() {
    document.querySelectorAll("[data-blueprint]").forEach(blueprint);
    document.addEventListener("change", function (event) {
      const found = /^(draws-\d+-)/.exec(event.target.name || "");
      if (!found) return;
      clearTimeout(asked);
      asked = setTimeout(function () {
        document.querySelectorAll("[data-matches]").forEach(function (line) {
          if (around(line) === found[1]) matches(line);
        });
      }, 300);
    });
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
