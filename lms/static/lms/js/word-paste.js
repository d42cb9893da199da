// The field for pasting: takes the clipboard's HTML as Word gives it. Without this, the plain field below is used.
"use strict";
(() => {
  const LONGEST = 4 * 1024 * 1024;
  const field = document.querySelector("[data-word-paste]");
  const area = document.querySelector("[data-word-paste-area]");
  const said = document.querySelector("[data-word-paste-said]");
  const again = document.querySelector("[data-word-paste-again]");
  if (!field || !area) {
    return;
  }
  let isTaken = false;

  const say = (sentence) => {
    said.textContent = sentence;
    said.hidden = !sentence;
  };

  // What the person recognises; the blocks themselves come with the next page.
  const wordsOf = (html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    parsed.querySelectorAll("style, script, title, xml").forEach((element) => element.remove());
    parsed.querySelectorAll("p, h1, h2, h3, h4, li, tr, br").forEach((element) => element.append("\n"));
    return parsed.body.textContent.replace(/[ \t\u00a0]+/g, " ").replace(/ ?\n[\s]*/g, "\n").trim();
  };

  const clear = () => {
    isTaken = false;
    field.value = "";
    area.textContent = "";
    area.setAttribute("contenteditable", "true");
    again.hidden = true;
    say("");
    area.focus();
  };

  const take = (html, text) => {
    if (html.length > LONGEST) {
      say(area.dataset.tooLong);
      return;
    }
    isTaken = true;
    field.value = html || text;
    area.textContent = html ? wordsOf(html) : text;
    area.setAttribute("contenteditable", "false");
    again.hidden = false;
    say(area.dataset.taken);
  };

  area.setAttribute("role", "textbox");
  area.setAttribute("aria-multiline", "true");
  area.setAttribute("aria-labelledby", "word-paste-label");
  area.setAttribute("tabindex", "0");
  area.setAttribute("contenteditable", "true");
  area.hidden = false;
  field.hidden = true;
  if (field.value) {
    take(/<[a-z!]/i.test(field.value) ? field.value : "", field.value);
  }

  area.addEventListener("paste", (event) => {
    event.preventDefault();
    if (!isTaken) {
      take(event.clipboardData.getData("text/html"), event.clipboardData.getData("text/plain"));
    }
  });
  again.querySelector("button").addEventListener("click", clear);
  field.form.addEventListener("submit", () => {
    if (!isTaken) {
      field.value = area.innerText;
    }
  });
})();
