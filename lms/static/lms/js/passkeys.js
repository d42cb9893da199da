// The passkey button is shown only where the browser knows passkeys; what goes wrong is said in words.
const button = document.getElementById("passkey_login");
if (button && window.PublicKeyCredential) button.hidden = false;

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const main = document.querySelector(".account");
  if (!main) return;
  let note = document.getElementById("passkey-error");
  if (!note) {
    note = document.createElement("p");
    note.id = "passkey-error";
    note.className = "note";
    note.setAttribute("role", "alert");
    main.append(note);
  }
  note.textContent = document.documentElement.lang === "vi"
    ? "Chưa dùng được khóa truy cập: đã hủy, hết giờ, hoặc thiết bị này không có. Hãy thử lại hoặc dùng cách khác."
    : "The passkey was not used: cancelled, out of time, or none on this device. Try again, or use another way.";
});
