// A device that several people use: the screen locks itself when nobody has touched it for ten minutes, in whichever
// tab; answers that have not been sent are told about before somebody leaves. The server locks by itself too. What was
// being typed goes to the server with the lock, since nothing readable may stay on the device, and comes back into the
// same form after unlocking.

const IDLE = 10 * 60 * 1000;
const TOUCHED = "shared:touched";
const form = document.getElementById("lock-now");

function unsent() {
  try {
    return [window.localStorage, window.sessionStorage].some((store) => (
      Object.keys(store).some((key) => key.startsWith("quiz:"))));
  } catch (error) {
    return false; // a browser that keeps nothing
  }
}

function warn() {
  document.querySelectorAll("[data-unsent]").forEach((note) => { note.hidden = !unsent(); });
}

function touch() {
  try {
    window.localStorage.setItem(TOUCHED, String(Date.now()));
  } catch (error) { /* this tab alone then */ }
  mine = Date.now();
}

function touched() {
  try {
    return Math.max(mine, Number(window.localStorage.getItem(TOUCHED)) || 0);
  } catch (error) {
    return mine;
  }
}

// Where nothing can be sealed, answers wait in the tab itself: not for whoever signs in next in it.
function sweepTab() {
  try {
    Object.keys(window.sessionStorage).filter((key) => key.startsWith("quiz:")).forEach((key) => (
      window.sessionStorage.removeItem(key)));
  } catch (error) { /* a browser that keeps nothing */ }
}

// --- What was being typed ---

const TYPED = ["text", "search", "email", "tel", "url", "number", "date", "textarea"];

// No passwords, no files; a running quiz keeps its own journal.
function fieldsOf(each) {
  return Array.from(each.elements).filter((field) => field.name && !field.disabled && (
    TYPED.includes(field.type) || ["checkbox", "radio", "select-one", "select-multiple"].includes(field.type)));
}

function isChanged(field) {
  if (field.options) return Array.from(field.options).some((option) => option.selected !== option.defaultSelected);
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

function valuesOf(field) {
  if (field.options) return Array.from(field.selectedOptions).map((option) => option.value);
  return field.type === "checkbox" || field.type === "radio" ? (field.checked ? [field.value] : []) : [field.value];
}

function draftForms() {
  return Array.from(document.forms).filter((each) => (
    each.method === "post" && each.id !== "question" && !each.querySelector("input[type=password]")));
}

// Takes the place of the form among its like, as a page that is built anew has the same forms in the same order.
function drafts() {
  return draftForms().map((each, place) => ({ place, fields: fieldsOf(each) }))
    .filter((each) => each.fields.some(isChanged))
    .map((each) => ({
      place: each.place,
      names: each.fields.map((field) => field.name),
      values: each.fields.reduce((all, field) => all.concat(valuesOf(field).map((value) => [field.name, value])), []),
    }));
}

function carry() {
  const kept = drafts();
  if (!kept.length) return;
  const carried = document.createElement("input");
  carried.type = "hidden";
  carried.name = "drafts";
  carried.value = JSON.stringify(kept);
  form.appendChild(carried);
}

function putBack(kept) {
  const forms = draftForms();
  kept.filter((each) => forms[each.place]).forEach((each) => {
    const left = each.values.map((pair) => pair.join("\n"));
    fieldsOf(forms[each.place]).filter((field) => each.names.includes(field.name)).forEach((field) => {
      const take = (value) => {
        const at = left.indexOf(`${field.name}\n${value}`);
        if (at >= 0) left.splice(at, 1);
        return at >= 0;
      };
      if (field.options) Array.from(field.options).forEach((option) => { option.selected = take(option.value); });
      else if (field.type === "checkbox" || field.type === "radio") field.checked = take(field.value);
      else {
        const at = left.findIndex((words) => words.startsWith(`${field.name}\n`));
        if (at >= 0) field.value = left.splice(at, 1)[0].slice(field.name.length + 1);
      }
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });
}

let mine = Date.now();
let isLocking = false;
if (document.getElementById("id_login")) sweepTab();
warn();
if (form) {
  touch();
  const kept = document.getElementById("typed-before");
  if (kept) putBack(JSON.parse(kept.textContent));
  form.addEventListener("submit", carry);
  ["pointerdown", "keydown", "scroll", "touchstart"].forEach((name) => {
    document.addEventListener(name, touch, { passive: true, capture: true });
  });
  window.setInterval(() => {
    warn();
    if (Date.now() - touched() < IDLE || isLocking) return;
    isLocking = true;
    carry();
    form.submit();
  }, 5000);
  // A page that a browser took out of its drawer when somebody went back: ask the server for it again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
}
