// Draws the route again as it stands in the form. The panel draws it, so there is one hand only.
// Without this the saved route stands there.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const figure = document.getElementById("drawing");
  const form = figure?.closest("form");
  if (!form || !figure.dataset.url) {
    return;
  }
  const picture = figure.querySelector(".picture");
  const note = figure.querySelector(".note");
  const write = () => new URLSearchParams(new FormData(form)).toString();
  let drawn = write();
  let waiting = null;
  let asked = null;

  const draw = async () => {
    const body = write();
    if (body === drawn) {
      return;
    }
    drawn = body;
    asked?.abort();
    asked = new AbortController();
    try {
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const given = { method: "POST", body, headers, signal: asked.signal };
      const answer = await fetch(figure.dataset.url, given);
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      const error = found.querySelector("p.errors");
      note.textContent = error ? error.textContent : "As the form stands, saved or not.";
      if (found.querySelector("svg")) {
        picture.replaceChildren(...found.body.childNodes);
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        note.textContent = "It could not be drawn anew: the panel did not answer.";
        drawn = "";
      }
    }
  };

  // Positions are written by buttons, keys and dragging too, which tell nobody.
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 300);
  };
  ["input", "change", "click", "keyup", "drop"].forEach((name) => form.addEventListener(name, later));
  ["formset:added", "formset:removed"].forEach((name) => document.addEventListener(name, later));
  // Select2 tells jQuery only.
  django.jQuery(form).on("change", "select", later);
  if (document.querySelector(".errornote")) {
    drawn = "";
    later();
  } else {
    // The steps are put in order first.
    setTimeout(() => (drawn = figure.dataset.drawn ? write() : ""), 0);
  }
});
