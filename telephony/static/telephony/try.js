// Shows a trial below the number's form, which stays as it is. Without this the button opens a tab.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("input[name=_try]");
  const panel = document.getElementById("trial-panel");
  if (!button || !panel) {
    return;
  }

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
    // Its own copy of the form would be as old as the last trial.
    trial.querySelectorAll("form.choices input[type=hidden]").forEach((input) => input.remove());
    panel.replaceChildren(document.adoptNode(trial));
    const heading = panel.querySelector("h2");
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "start" });
  };

  const play = async () => {
    const data = new FormData(button.form);
    choices().forEach(([name, value]) => data.set(name, value));
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

  button.addEventListener("click", (event) => {
    event.preventDefault();
    play();
  });
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    play();
  });
});
