// An attempt with a script: the time left, the state of saving, sending again, moving lines up and down.
// Without it every answer is saved by the buttons of the form.

const RETRY = [2000, 4000, 8000, 15000, 30000];

// --- Time: what the server said is left, counted by a clock that nobody can set ---

const clock = document.getElementById("clock");
let endsAt = null;

const setLeft = (seconds) => { endsAt = performance.now() + Number(seconds) * 1000; };

const twoDigits = (number) => String(number).padStart(2, "0");

function tick() {
  const left = Math.max(0, Math.floor((endsAt - performance.now()) / 1000));
  const label = document.getElementById("clock");
  if (left < 2) {
    label.textContent = label.dataset.up;
    clearInterval(timer);
    handIn();
    return;
  }
  const hours = Math.floor(left / 3600);
  const rest = twoDigits(Math.floor(left / 60) % 60) + ":" + twoDigits(left % 60);
  label.textContent = label.dataset.text.replace("{time}", hours ? hours + ":" + rest : rest);
  label.classList.toggle("late", left < 60);
}

// What is chosen is sent first; the grace of the server covers the way.
async function handIn() {
  const form = document.getElementById("question");
  if (form && (pending || form.querySelector("input[type=text]"))) {
    try {
      await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } });
    } catch (error) { /* the hand-in below says whether the line is there */ }
  }
  leaving = true;
  document.getElementById("finish").submit();
}

let timer = null;
if (clock && clock.dataset.left !== undefined) {
  setLeft(clock.dataset.left);
  timer = setInterval(tick, 1000);
  tick();
}

// --- Saving: htmx sends, this tells, and sends again ---

let pending = false;
let tries = 0;
let retryTimer = null;
let leaving = false;

const questionForm = () => document.getElementById("question");
const chosen = (form) => new URLSearchParams([...new FormData(form)].filter(([name]) => /^answer/.test(name))).toString();

function say(text, kind) {
  const saved = document.getElementById("saved");
  if (!saved) return;
  saved.textContent = text;
  saved.className = "tag " + kind;
}

function later(form) {
  pending = true;
  say(form.dataset.retry, "late");
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => send(form), RETRY[Math.min(tries, RETRY.length - 1)]);
  tries += 1;
}

// A changed answer goes under a higher number than the one before, also while that one is still on its way: else a
// quick hand on a slow line would meet the message of two windows. A repetition keeps its number.
let sent = null;

function number(form) {
  const sequence = document.getElementById("sequence");
  const answer = chosen(form);
  if (sent && sent.form === form && answer !== sent.answer) {
    sequence.value = String(Math.max(Number(sequence.value), sent.sequence + 1));
  }
  sent = { form, answer, sequence: Number(sequence.value) };
  return sequence.value;
}

function send(form) {
  if (!form.isConnected) return;
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

// The choice outlives a new sign-in on this device, and nothing else.
function keep(form) {
  sessionStorage.setItem("quiz:" + form.dataset.key, chosen(form));
}

function restore(form) {
  const key = "quiz:" + form.dataset.key;
  const kept = sessionStorage.getItem(key);
  if (kept === null) return;
  sessionStorage.removeItem(key);
  const values = new URLSearchParams(kept);
  for (const field of form.elements) {
    if (!/^answer/.test(field.name)) continue;
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.getAll(field.name).includes(field.value);
    else field.value = values.get(field.name) || "";
  }
  mark(form);
  send(form);
}

function tally() {
  const cells = document.querySelectorAll(".grid li").length;
  const answered = document.querySelectorAll(".grid li.a").length;
  const figures = { answered, left: cells - answered, flagged: document.querySelectorAll(".grid li.f").length };
  document.querySelectorAll("[data-tally]").forEach((place) => { place.textContent = figures[place.dataset.tally]; });
}

function mark(form) {
  form.querySelectorAll(".opt").forEach((label) => label.classList.toggle("on", label.querySelector("input").checked));
}

document.addEventListener("change", (event) => {
  const form = event.target.closest ? event.target.closest("#question") : null;
  if (form) { mark(form); pending = true; }
});
document.addEventListener("input", (event) => { if (event.target.closest("#question")) pending = true; });
document.addEventListener("submit", (event) => {
  leaving = true;
  const form = event.target;
  if (form.id === "question") number(form);
  if (form.id === "question" && navigator.onLine === false) {
    event.preventDefault();
    leaving = false;
    later(form);
  }
});

document.addEventListener("htmx:configRequest", (event) => {
  const form = questionForm();
  if (form && event.target === form) event.detail.parameters.sequence = number(form);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = questionForm();
  if (form && event.target === form) { clearTimeout(retryTimer); say(form.dataset.sending, ""); }
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = questionForm();
  if (!form) return;
  if (event.detail.successful) { pending = false; tries = 0; }
});
document.addEventListener("htmx:afterSettle", () => {
  const saved = document.getElementById("saved");
  if (saved && saved.dataset.left !== undefined) setLeft(saved.dataset.left);
  tally();
  arrange();
});
["htmx:sendError", "htmx:timeout", "htmx:sendAbort"].forEach((name) => document.addEventListener(name, () => {
  const form = questionForm();
  if (form && !leaving) later(form);
}));
document.addEventListener("htmx:responseError", (event) => {
  const form = questionForm();
  if (!form) return;
  const status = event.detail.xhr.status;
  if (status === 401 || status === 403) {
    keep(form);
    pending = false;
    say("", "late");
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = form.dataset.signin;
    document.getElementById("saved").append(link);
  } else if (status >= 500 || status === 429) {
    later(form);
  } else {
    say(form.dataset.refused, "late");
  }
});
window.addEventListener("online", () => { const form = questionForm(); if (form && pending) send(form); });
window.addEventListener("beforeunload", (event) => {
  if (pending && !leaving) { event.preventDefault(); event.returnValue = ""; }
});

// --- Ordering: two buttons a line beside the number; both say the same ---

function renumber(list) {
  [...list.children].forEach((line, index) => { line.querySelector("select").value = String(index + 1); });
}

function moveButton(list, line, step, label, sign) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "move";
  button.textContent = sign;
  button.setAttribute("aria-label", label + ": " + line.querySelector(".item").textContent);
  button.addEventListener("click", () => {
    const other = step < 0 ? line.previousElementSibling : line.nextElementSibling;
    if (!other) return;
    list.insertBefore(line, step < 0 ? other : other.nextElementSibling);
    renumber(list);
    button.focus();
    send(questionForm());
  });
  return button;
}

function arrange() {
  document.querySelectorAll("[data-order]").forEach((list) => {
    if (list.dataset.ready) return;
    list.dataset.ready = "yes";
    [...list.children].forEach((line) => {
      const moves = document.createElement("span");
      moves.className = "moves";
      moves.append(moveButton(list, line, -1, list.dataset.up, "↑"), moveButton(list, line, 1, list.dataset.down, "↓"));
      line.append(moves);
    });
  });
}

arrange();
if (questionForm()) {
  // htmx is deferred like this module; it listens once the page is ready.
  if (document.readyState === "complete") restore(questionForm());
  else window.addEventListener("load", () => restore(questionForm()));
}
