// An attempt with a script: the time left, saving by itself, the journal for a line that is gone, signing in again
// beside the answers. Without it every answer is saved by the buttons of the form.

const machine = document.getElementById("quiz");
const words = machine.dataset;
const RETRY = [2000, 4000, 8000, 15000, 30000];
const DEBOUNCE = 2000;
const EVERY = 60000;
// How long the line may be away before the file is offered, and how long one answer may be on its way.
const PATIENCE = 10000;
const TOO_SLOW = 20000;

const form = document.getElementById("question");
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
// The server's time, counted on by a clock that nobody can set.
const now = () => new Date(Number(words.now) + performance.now()).toISOString();

function say(text, kind) {
  const saved = document.getElementById("saved");
  if (!saved) return;
  saved.textContent = text;
  saved.className = "tag " + (kind || "");
}

// --- The journal: what is not yet known to be saved, sealed with a key that only the learner's page is given ---

const bytesOf = (hex) => new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
const hexOf = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const encode = (text) => new TextEncoder().encode(text);
const toBase64 = (buffer) => btoa([...new Uint8Array(buffer)].map((byte) => String.fromCharCode(byte)).join(""));
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const subtle = window.crypto && window.crypto.subtle;

// Without a way to seal it nothing stays on the device longer than this tab.
function storage() {
  try {
    const found = subtle ? window.localStorage : window.sessionStorage;
    found.setItem("quiz:?", "1");
    found.removeItem("quiz:?");
    return found;
  } catch (error) {
    return null;
  }
}

const store = storage();
const PREFIX = "quiz:" + words.attempt + ":";
let sealing = null;

function journalKey() {
  if (!sealing) {
    sealing = subtle.importKey("raw", bytesOf(words.key), "HKDF", false, ["deriveKey"]).then((secret) =>
      subtle.deriveKey(
        { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encode("quiz journal") },
        secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));
  }
  return sealing;
}

async function seal(text) {
  if (!subtle) return text;
  const iv = window.crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, await journalKey(), encode(text));
  return toBase64(iv) + "." + toBase64(sealed);
}

async function unseal(text) {
  if (!subtle) return text;
  const [iv, sealed] = text.split(".").map(fromBase64);
  return new TextDecoder().decode(await subtle.decrypt({ name: "AES-GCM", iv }, await journalKey(), sealed));
}

// Entries in the order in which they were made: {id, position, sequence, fields, at}.
let entries = [];
let count = 0;

async function write(position, sequence, fields) {
  count += 1;
  const id = PREFIX + now() + "-" + String(count).padStart(6, "0");
  const entry = { id, position, sequence, fields, at: now() };
  entries.push(entry);
  try {
    if (store) store.setItem(id, await seal(JSON.stringify({ position, sequence, fields, at: entry.at })));
    // Sent, or dropped, while it was being sealed.
    if (store && !entries.includes(entry)) store.removeItem(id);
  } catch (error) { /* a full store: it is still in the page, and is sent */ }
  return entry;
}

function drop(goes) {
  entries = entries.filter((entry) => {
    if (!goes(entry)) return true;
    if (store) store.removeItem(entry.id);
    return false;
  });
}

async function readJournal() {
  if (!store) return;
  const ids = Object.keys(store).filter((id) => id.startsWith(PREFIX)).sort();
  for (const id of ids) {
    try {
      entries.push(Object.assign(JSON.parse(await unseal(store.getItem(id))), { id, isOld: true }));
    } catch (error) {
      store.removeItem(id);
    }
  }
}

// --- Questions of this page ---

// By position: next (the number that the next save carries), known (what the server has), sent (what it may have).
const questions = new Map();

const alike = (fields) => fields
  .map(([name, value]) => name + "=" + String(value).normalize("NFC").trim().replace(/\s+/g, " ")).sort().join("\n");

function fieldsOf(question) {
  const own = (name) => name === question.field || name.startsWith(question.field + "-");
  return [...new FormData(form)].filter(([name, value]) => own(name) && typeof value === "string");
}

function meet(section) {
  const position = Number(section.dataset.position);
  const number = form.elements["s" + position];
  const question = {
    position, number, field: section.dataset.field, next: Number(number ? number.value : 1), sent: new Set(),
    isHeld: false, timer: null,
  };
  question.known = alike(fieldsOf(question));
  questions.set(position, question);
}

const isChanged = (question) => !question.isHeld && alike(fieldsOf(question)) !== question.known;
const isUnsaved = () => [...questions.values()].some(isChanged) || entries.some((entry) => !entry.isHeld);

function later(question) {
  clearTimeout(question.timer);
  question.timer = setTimeout(() => note(question), DEBOUNCE);
}

// Into the journal first, then on its way.
async function note(question) {
  clearTimeout(question.timer);
  if (!isChanged(question)) return;
  const fields = fieldsOf(question);
  const last = entries.filter((entry) => entry.position === question.position).pop();
  if (!last || alike(last.fields) !== alike(fields)) await write(question.position, question.next, fields);
  pump();
}

async function noteAll() {
  for (const question of questions.values()) await note(question);
}

// --- Sending: one after the other, the latest of each question, until nothing is left ---

let sending = null;
let failures = 0;
let goneSince = 0;
let retryTimer = null;
let isSigningIn = false;
let leaving = false;

function pump() {
  if (!sending && !isSigningIn) sending = sendAll().then(() => { sending = null; });
  return sending || Promise.resolve();
}

function latest() {
  const found = new Map();
  entries.filter((entry) => !entry.isHeld).forEach((entry) => found.set(entry.position, entry));
  return [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1))[0];
}

async function sendAll() {
  clearTimeout(retryTimer);
  for (let entry = latest(); entry; entry = latest()) {
    if (!(await sendOne(entry))) return;
  }
  showArrived();
}

// What came out of the journal belongs to this page: show it as it is saved, unless something was touched meanwhile.
const arrived = new Set();

function showArrived() {
  if (!arrived.size || goneSince || leaving || [...questions.values()].some(isChanged)) return;
  leaving = true;
  location.reload();
}

const token = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;

function setToken(value) {
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = value; });
}

async function post(entry, sequence) {
  const body = new URLSearchParams(entry.fields);
  body.append("s" + entry.position, String(sequence));
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), TOO_SLOW);
  try {
    return await fetch(words.base + "answers/" + entry.position + "/", {
      method: "POST", body, credentials: "same-origin", keepalive: true, redirect: "error", signal: patience.signal,
      headers: { "X-CSRFToken": token(), "X-Requested-With": "quiz" },
    });
  } finally {
    clearTimeout(timer);
  }
}

// True: go on with the next; false: stop until something happens.
async function sendOne(entry) {
  const question = questions.get(entry.position);
  if (goneSince === 0) say(words.sending);
  if (question) question.sent.add(alike(entry.fields));
  let response;
  let answer = null;
  try {
    response = await post(entry, entry.sequence);
    if (response.status === 403 && (await refreshToken())) response = await post(entry, entry.sequence);
    if (response.ok) answer = await response.json();
  } catch (error) {
    return lineIsGone();
  }
  if (response.status === 401 || response.status === 403) return askToSignIn();
  if (response.status >= 500 || response.status === 429) return lineIsGone();
  lineIsBack();
  if (!answer) {
    entry.isHeld = true;
    say(words.refused, "late");
    return true;
  }
  return take(entry, question, answer);
}

function take(entry, question, answer) {
  const there = answer.saved ? alike(answer.saved) : null;
  // An answer of this very page may have come in though its reply was lost.
  const isOurs = answer.outcome === "stale" && ((question && question.sent.has(there))
    || entries.some((each) => each.position === entry.position && alike(each.fields) === there));
  if (answer.outcome === "locked" && there === alike(entry.fields)) {
    drop((each) => each.position === entry.position);
  } else if (answer.outcome === "saved" || answer.outcome === "unchanged") {
    if (question) {
      // What an earlier page had written is not in this page's form: taking it for known would send the form over it.
      if (!entry.isOld) question.known = alike(entry.fields);
      else if (answer.outcome === "saved") arrived.add(entry.position);
      question.sent.clear();
    }
    setNext(entry.position, answer.sequence);
    drop((each) => each.position === entry.position && each.id <= entry.id);
    shows(entry.position, answer);
  } else if (isOurs) {
    setNext(entry.position, answer.sequence);
  } else if (answer.outcome === "stale") {
    hold(entry.position);
    document.querySelectorAll('[data-merge="' + entry.position + '"]').forEach((card) => card.remove());
    document.getElementById("conflicts").insertAdjacentHTML("beforeend", answer.html);
    document.getElementById("conflicts").scrollIntoView();
    say("");
  } else if (answer.outcome === "closed" || answer.outcome === "late") {
    // What did not arrive in time stays in the journal: the page of the result offers it as a file.
    leaving = true;
    location.href = answer.url;
    return false;
  } else {
    if (answer.outcome === "elsewhere") hold(entry.position);
    else drop((each) => each.position === entry.position);
    say(answer.outcome === "locked" ? words.locked : answer.outcome === "elsewhere" ? words.elsewhere : words.refused, "late");
    if (question && !entry.isOld) question.known = alike(entry.fields);
  }
  return true;
}

function setNext(position, sequence) {
  const question = questions.get(position);
  entries.filter((entry) => entry.position === position).forEach((entry) => { entry.sequence = sequence; });
  if (!question) return;
  question.next = sequence;
  if (question.number) question.number.value = String(sequence);
}

function hold(position) {
  entries.filter((entry) => entry.position === position).forEach((entry) => { entry.isHeld = true; });
  if (questions.has(position)) questions.get(position).isHeld = true;
}

function shows(position, answer) {
  const cell = document.getElementById("cell-" + position);
  if (cell) cell.className = answer.cell.replace(/ ?\bc\b/, "") + (questions.has(position) ? " c" : "");
  if (answer.left !== null && answer.left !== undefined) setLeft(answer.left);
  if (!isUnsaved()) say(words.saved.replace("{time}", answer.time), "done");
  if (answer.problems) say(answer.problems.join(" "), "late");
  const cells = document.querySelectorAll(".grid li").length;
  const answered = document.querySelectorAll(".grid li.a").length;
  const figures = { answered, left: cells - answered, flagged: document.querySelectorAll(".grid li.f").length };
  document.querySelectorAll("[data-tally]").forEach((place) => { place.textContent = figures[place.dataset.tally]; });
}

// --- The line goes and comes back ---

const salvage = document.getElementById("salvage");

function lineIsGone() {
  if (leaving) return false;
  if (goneSince === 0) goneSince = performance.now();
  say(store ? words.kept : words.retry, "late");
  clearTimeout(retryTimer);
  retryTimer = setTimeout(pump, RETRY[Math.min(failures, RETRY.length - 1)]);
  failures += 1;
  setTimeout(() => {
    if (goneSince && performance.now() - goneSince >= PATIENCE) salvage.hidden = !subtle;
  }, PATIENCE);
  return false;
}

function lineIsBack() {
  failures = 0;
  goneSince = 0;
  salvage.hidden = true;
}

window.addEventListener("online", pump);

// --- A session that ended: sign in beside the answers ---

const panel = document.getElementById("signin");

// The token may be old because somebody signed in again in another window: then the new one is enough.
async function refreshToken() {
  const response = await fetch(words.signedIn, { credentials: "same-origin", headers: { "X-Requested-With": "quiz" } });
  if (!response.ok) return false;
  const field = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("#token input");
  if (!field) return false;
  setToken(field.value);
  return true;
}

function askToSignIn() {
  if (!panel || isSigningIn) return false;
  isSigningIn = true;
  say(words.retry, "late");
  panel.hidden = false;
  panel.querySelector("iframe").src = words.login;
  document.getElementById("signin-title").focus();
  return false;
}

if (panel) {
  panel.querySelector("iframe").addEventListener("load", (event) => {
    const inside = event.target.contentDocument;
    const field = inside && inside.querySelector("#token input");
    if (!field) return;
    setToken(field.value);
    isSigningIn = false;
    panel.hidden = true;
    event.target.removeAttribute("src");
    pump();
  });
}

// --- The salvage file: what is kept here, signed by the key of the attempt ---

async function salvageFile() {
  const payload = JSON.stringify({
    attempt: words.attempt,
    made_at: now(),
    answers: entries.map(({ position, sequence, fields, at }) => ({ position, sequence, fields, at })),
  });
  const secret = await subtle.importKey("raw", bytesOf(words.key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = hexOf(await subtle.sign("HMAC", secret, encode(payload)));
  return JSON.stringify({ format: "lms-salvage-1", note: words.note, payload, signature }, null, 1);
}

async function saveFile() {
  if (form) await noteAll();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await salvageFile()], { type: "application/json" }));
  link.download = words.file + "-" + words.attempt.slice(0, 8) + ".json";
  document.body.append(link);
  link.click();
  link.remove();
}

salvage.addEventListener("click", (event) => {
  const button = event.target.closest("[data-salvage]");
  if (!button) return;
  if (button.dataset.salvage === "save") saveFile();
  else if (window.confirm(button.dataset.sure)) {
    drop(() => true);
    salvage.hidden = true;
  }
});

// --- Time ---

const clock = document.getElementById("clock");
let endsAt = null;
let timer = null;

function setLeft(seconds) { endsAt = performance.now() + Number(seconds) * 1000; }

const twoDigits = (number) => String(number).padStart(2, "0");

function tick() {
  const left = Math.max(0, Math.floor((endsAt - performance.now()) / 1000));
  if (left < 2) {
    clock.textContent = clock.dataset.up;
    clearInterval(timer);
    handIn();
    return;
  }
  const hours = Math.floor(left / 3600);
  const rest = twoDigits(Math.floor(left / 60) % 60) + ":" + twoDigits(left % 60);
  clock.textContent = clock.dataset.text.replace("{time}", hours ? hours + ":" + rest : rest);
  clock.classList.toggle("late", left < 60);
}

// What is chosen is sent first; the grace of the server covers the way. Without a line it stays in the journal.
async function handIn() {
  if (form) await noteAll();
  await Promise.race([pump(), wait(8000)]);
  if (leaving) return;
  if (goneSince || isSigningIn) {
    setTimeout(handIn, 5000);
    return;
  }
  leaving = true;
  document.getElementById("finish").submit();
}

if (clock && clock.dataset.left !== undefined) {
  setLeft(clock.dataset.left);
  timer = setInterval(tick, 1000);
}

// --- The form ---

function mark() {
  form.querySelectorAll(".opt input").forEach((field) => field.closest(".opt").classList.toggle("on", field.checked));
}

function touched(event) {
  const section = event.target.closest ? event.target.closest("#question [data-position]") : null;
  if (!section) return;
  const question = questions.get(Number(section.dataset.position));
  if (event.type === "change") mark();
  if (question && isChanged(question)) later(question);
}

let pressed = null;

// A button saves deliberately, everything on the page at once. What it sends is in the journal until the next page has
// seen it arrive; its number is higher than that of an answer which is still on its way.
async function go(event) {
  event.preventDefault();
  if (leaving) return;
  const button = pressed && pressed.form === form ? pressed : form.querySelector("button[name=go]");
  pressed = null;
  if (goneSince || isSigningIn) {
    await noteAll();
    await pump();
    if (goneSince || isSigningIn) return;
  }
  leaving = true;
  for (const question of questions.values()) {
    if (question.isHeld || !isChanged(question)) continue;
    const fields = fieldsOf(question);
    const isNew = question.sent.size > 0 && !question.sent.has(alike(fields));
    if (isNew || (question.sent.size > 1)) question.next += 1;
    if (question.number) question.number.value = String(question.next);
    drop((entry) => entry.position === question.position);
    await write(question.position, question.next, fields);
  }
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "go";
  field.value = button.value;
  form.append(field);
  form.submit();
}

async function finish(event) {
  const target = event.target;
  event.preventDefault();
  if (leaving) return;
  if (form) await noteAll();
  await pump();
  if (goneSince || isSigningIn || leaving) return;
  leaving = true;
  target.submit();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest ? event.target.closest("button") : null;
  if (button && button.type === "submit") pressed = button;
  const keep = event.target.closest ? event.target.closest(".merge a") : null;
  if (keep) chosen(keep);
});
document.addEventListener("submit", (event) => {
  if (event.target === form) go(event);
  else if (event.target.id === "finish") finish(event);
  else if (event.target.closest(".merge")) chosen(event.target);
});

// One of the two answers was chosen on the card: the journal has nothing more to say to it.
function chosen(element) {
  const position = Number(element.closest("[data-merge]").dataset.merge);
  drop((entry) => entry.position === position);
  leaving = true;
}

window.addEventListener("beforeunload", (event) => {
  if (!leaving && form && isUnsaved()) { event.preventDefault(); event.returnValue = ""; }
});
// Back by the browser's own button the page may come as it was left.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
document.addEventListener("visibilitychange", () => { if (document.hidden && form && !leaving) noteAll(); });

// --- Ordering: two buttons a line beside the number; both say the same ---

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
    [...list.children].forEach((each, index) => { each.querySelector("select").value = String(index + 1); });
    button.focus();
    line.querySelector("select").dispatchEvent(new Event("change", { bubbles: true }));
  });
  return button;
}

function arrange(list) {
  if (list.dataset.ready) return;
  list.dataset.ready = "yes";
  [...list.children].forEach((line) => {
    const moves = document.createElement("span");
    moves.className = "moves";
    moves.append(moveButton(list, line, -1, list.dataset.up, "↑"), moveButton(list, line, 1, list.dataset.down, "↓"));
    line.append(moves);
  });
}

// --- Beginning ---

async function begin() {
  await readJournal();
  if (words.over !== undefined) {
    salvage.hidden = !subtle || entries.length === 0;
    return;
  }
  if (entries.length) {
    say(words.replay);
    await pump();
    if (leaving) return;
    if (!entries.length) document.querySelectorAll("#saved").forEach((tag) => { if (tag.textContent === words.replay) say(""); });
  }
  if (timer) tick();
  if (form) setInterval(noteAll, EVERY);
}

function ready() {
  if (form) {
    form.querySelectorAll("[data-position] [data-order]").forEach(arrange);
    form.querySelectorAll("[data-position]").forEach(meet);
    document.addEventListener("change", touched);
    document.addEventListener("input", touched);
  }
  begin();
}

// The scripts of the types stand before this one and are ready when the page has loaded.
if (document.readyState === "complete") ready();
else window.addEventListener("load", ready);
