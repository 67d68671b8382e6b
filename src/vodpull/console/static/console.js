// What the pages need beyond htmx: confirmations, copying, dropping a file, ticking all, moving pictures, and the state of the stream.
"use strict";

// Buttons that ask before they do something. The form's own confirmation (hx-confirm) knows no buttons.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-confirm]");
  if (button && !window.confirm(button.dataset.confirm)) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const code = button.closest(".copy").querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Without HTTPS browsers give no clipboard: select the text, so that one key press copies it.
    window.getSelection().selectAllChildren(code);
    return;
  }
  const name = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = name; }, 1500);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-tick-all]")) return;
  for (const box of event.target.form.querySelectorAll("input[name=batch], input[name=video]")) box.checked = event.target.checked;
});

// A file may be dropped anywhere on the form; the browser would open it otherwise.
for (const form of document.querySelectorAll("form.submit")) {
  const field = form.querySelector("input[type=file]");
  form.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    field.files = event.dataTransfer.files;
  });
}

// The stream says whether the page is current. A refused one means that the session is over.
const UNAUTHORIZED = 401;

function tellLive(isLive) {
  for (const mark of document.querySelectorAll("[data-live]")) {
    mark.dataset.word ??= mark.textContent;
    mark.textContent = isLive ? mark.dataset.word : mark.dataset.lost;
    mark.classList.toggle("on", isLive);
  }
}

// Whoever deletes what the page is about goes on to where the reply leads: a page loaded anew in between says that it is gone.
let isLeaving = false;
document.addEventListener("submit", (event) => { isLeaving = !event.defaultPrevented; });
document.addEventListener("over", () => { if (!isLeaving) window.location.reload(); });
document.addEventListener("htmx:sse:after:connection", () => tellLive(true));
document.addEventListener("htmx:sse:error", (event) => {
  if (event.detail.status === UNAUTHORIZED) window.location.reload();
  tellLive(false);
});
// A video of the library moves while somebody points at it, unless they asked for calm.
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
document.addEventListener("pointerover", (event) => {
  const picture = event.target.closest("article.video")?.querySelector("img[data-teaser]");
  if (!picture || picture.dataset.poster || calm.matches || event.pointerType === "touch") return;
  picture.dataset.poster = picture.src;
  picture.src = picture.dataset.teaser;
});
document.addEventListener("pointerout", (event) => {
  const card = event.target.closest("article.video");
  const picture = card?.querySelector("img[data-poster]");
  if (!picture || card.contains(event.relatedTarget)) return;
  picture.src = picture.dataset.poster;
  delete picture.dataset.poster;
});
// A live page that the browser kept from earlier (back, forward) starts anew.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
