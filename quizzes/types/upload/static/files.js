// A chosen file is sent at once and named in a hidden field; autosave then has only fields to send. Without a script the
// file goes with the form. Protocol: quizzes/services/responses.py.

function addressOf(box) {
  const form = box.closest("form");
  const place = form && /\/quizzes\/attempts\/[0-9a-f-]{36}\//.exec(form.getAttribute("action") || location.pathname);
  return place ? place[0] + "files/" + box.dataset.place + "/" : "";
}

function say(box, text, isBad) {
  const note = box.querySelector(".file-note");
  note.textContent = text;
  note.classList.toggle("bad", Boolean(isBad));
}

const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

function removeButton(box, line) {
  const label = line.querySelector("label.check");
  if (label) label.remove();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn small remove";
  button.textContent = box.dataset.remove;
  button.setAttribute("aria-label", box.dataset.remove + ": " + line.querySelector(".file-name a").textContent);
  button.addEventListener("click", () => {
    line.remove();
    say(box, "");
    const input = box.querySelector("input[type=file]");
    input.focus();
    changed(input);
  });
  line.append(button);
}

function addLine(box, file) {
  const list = box.querySelector(".file-list");
  if ([...list.querySelectorAll("input[type=hidden]")].some((field) => field.value.startsWith(file.id))) return;
  const line = document.createElement("li");
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = box.dataset.files + "-files";
  field.value = file.token;
  const name = document.createElement("span");
  name.className = "file-name";
  const link = document.createElement("a");
  link.href = file.url;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = file.name;
  const size = document.createElement("small");
  size.className = "muted";
  size.textContent = " " + Math.max(1, Math.round(file.size / 1024)).toLocaleString("vi") + " KB";
  name.append(link, size);
  line.append(field, name);
  list.append(line);
  removeButton(box, line);
  changed(field);
}

// XMLHttpRequest tells how far an upload has come; fetch of Chrome 80 does not.
function post(address, body, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); });
    request.addEventListener("load", () => {
      try { resolve(JSON.parse(request.responseText)); } catch (error) { reject(error); }
    });
    request.addEventListener("error", reject);
    request.addEventListener("abort", reject);
    request.send(body);
  });
}

async function send(box, file) {
  const bar = document.createElement("progress");
  bar.className = "bar";
  bar.max = 1;
  bar.setAttribute("aria-label", file.name);
  box.append(bar);
  say(box, box.dataset.sending + " " + file.name);
  const body = new FormData();
  body.append("csrfmiddlewaretoken", box.closest("form").querySelector("[name=csrfmiddlewaretoken]").value);
  body.append("file", file);
  try {
    const answer = await post(addressOf(box), body, (share) => { bar.value = share; });
    if (answer.token) {
      addLine(box, answer);
      say(box, box.dataset.done);
    } else {
      say(box, file.name + ": " + (answer.problem || box.dataset.failed), true);
    }
  } catch (error) {
    say(box, box.dataset.failed, true);
  }
  bar.remove();
}

async function take(box, input) {
  const files = [...input.files];
  // Emptied first: what is sent here must not go once more with the form.
  input.value = "";
  for (const file of files) {
    if (box.querySelectorAll(".file-list li").length >= Number(box.dataset.most)) {
      say(box, box.dataset.full, true);
      return;
    }
    await send(box, file);
  }
}

function begin() {
  document.querySelectorAll("[data-files]").forEach((box) => {
    if (box.dataset.ready || !addressOf(box) || box.closest("fieldset[disabled]")) return;
    box.dataset.ready = "yes";
    box.querySelectorAll(".file-list li").forEach((line) => removeButton(box, line));
    const input = box.querySelector("input[type=file]");
    input.addEventListener("change", (event) => {
      if (!input.files.length) return;
      event.stopPropagation();
      take(box, input);
    });
  });
}

begin();
document.addEventListener("htmx:afterSettle", begin);
