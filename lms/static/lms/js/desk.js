// Marking: a comment of the bank is inserted without a round trip, and Alt+1 … Alt+9 insert it by its number.
// Everything here is also done by the buttons of the form.
const form = document.getElementById("mark-form");
if (form) {
  const comment = form.elements.comment;
  const mark = form.elements.mark;
  const snippets = Array.from(form.querySelectorAll(".snippet"));

  const insert = (button) => {
    const text = button.dataset.text;
    if (comment.value.indexOf(text) === -1) {
      comment.value = comment.value.trim() ? comment.value.replace(/\s+$/, "") + "\n" + text : text;
    }
    mark.focus();
  };

  snippets.forEach((button) => {
    // The access key would press it a second time.
    button.removeAttribute("accesskey");
    button.addEventListener("click", (event) => {
      event.preventDefault();
      insert(button);
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey && /^Digit[1-9]$/.test(event.code)) {
      const button = snippets[Number(event.code.slice(5)) - 1];
      if (button) {
        event.preventDefault();
        insert(button);
      }
    }
    // Ctrl+Enter saves from the comment too, where Enter is a new line.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === comment) {
      event.preventDefault();
      form.querySelector('button[value="save"]').click();
    }
  });

  // Pressed twice, sent once; the server would answer the same in any case.
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    window.setTimeout(() => { sent = false; }, 3000);
  });
  mark.select();
}
