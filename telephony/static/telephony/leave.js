// Asks before somebody leaves a form whose changes are not saved.
"use strict";

addEventListener("load", () => {
  const form = document.querySelector("form[id$='_form'] .submit-row")?.closest("form");
  if (!form) return;
  const shown = () => new URLSearchParams(new FormData(form)).toString();
  const before = shown();
  // After an error what is shown is not what is stored.
  const isRefused = document.querySelector(".errornote") !== null;
  let isSaving = false;
  form.addEventListener("submit", () => { isSaving = true; });
  addEventListener("beforeunload", (event) => {
    if (!isSaving && (isRefused || shown() !== before)) event.preventDefault();
  });
});
