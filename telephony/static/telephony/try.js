// Shows a trial or a backtest below the number's form, which stays as it is. Without this the buttons open a tab.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const buttons = document.querySelectorAll("input[name=_try], input[name=_backtest]");
  const panel = document.getElementById("trial-panel");
  if (!buttons.length || !panel) {
    return;
  }
  let shown = buttons[0];

  const choices = () => {
    const form = panel.querySelector("form.choices");
    return form ? [...new FormData(form)].filter(([name]) => name.startsWith("try-")) : [];
  };

  const show = (text) => {
    const trial = new DOMParser().parseFromString(text, "text/html").getElementById("trial");
    if (!trial) {
      throw new Error("the answer is not a trial");
    }
    trial.querySelector(".other-tab")?.remove();
    // Its own copy of the form would be as old as the last answer.
    trial.querySelectorAll("form input[type=hidden]").forEach((input) => input.remove());
    panel.replaceChildren(document.adoptNode(trial));
    panel.classList.remove("stale");
    const heading = panel.querySelector("h2");
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "start" });
  };

  const play = async (button, more) => {
    shown = button;
    const data = new FormData(button.form);
    [...choices(), ...more].forEach(([name, value]) => data.set(name, value));
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(button.formAction, { method: "POST", body: data });
      show(await answer.text());
    } catch {
      // A session that is over, or no network: the tab shows what it is.
      button.form.requestSubmit(button);
    } finally {
      button.removeAttribute("aria-busy");
    }
  };

  // What is shown was reckoned before the change; it stays readable, and says so.
  const age = () => {
    if (!panel.hasChildNodes() || panel.classList.contains("stale")) {
      return;
    }
    panel.classList.add("stale");
    const note = document.createElement("p");
    note.className = "stale-note";
    note.setAttribute("role", "status");
    note.textContent = "You have changed something since. Press the button again.";
    panel.querySelector("h2").after(note);
  };
  for (const place of [buttons[0].form, panel]) {
    place.addEventListener("input", age);
    place.addEventListener("change", age);
  }

  buttons.forEach((button) =>
    button.addEventListener("click", (event) => {
      event.preventDefault();
      play(button, []);
    }),
  );
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter;
    play(shown, pressed?.name ? [[pressed.name, pressed.value]] : []);
  });
});
