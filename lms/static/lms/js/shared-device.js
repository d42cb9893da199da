// A device that several people use: the screen locks itself when nobody has touched it for ten minutes, in whichever
// tab; answers that have not been sent are told about before somebody leaves. The server locks by itself too.

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

let mine = Date.now();
if (document.getElementById("id_login")) sweepTab();
warn();
if (form) {
  touch();
  ["pointerdown", "keydown", "scroll", "touchstart"].forEach((name) => {
    document.addEventListener(name, touch, { passive: true, capture: true });
  });
  window.setInterval(() => {
    warn();
    if (Date.now() - touched() >= IDLE) form.submit();
  }, 5000);
  // A page that a browser took out of its drawer when somebody went back: ask the server for it again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
}
