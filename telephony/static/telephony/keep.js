// Keeps what was typed when the session is over or the panel is away: it asks before a form is sent.
"use strict";
{
  const start = () => document.querySelector("#site-name a").href;

  // Any page that only those who are signed in get.
  const isSignedIn = async () => {
    const answer = await fetch(`${start()}jsi18n/`, { method: "HEAD", redirect: "manual", cache: "no-store" });
    return answer.ok;
  };

  // Whoever signs in again gets a new token, and the form has the old one.
  const renew = (form) => {
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    const field = form.querySelector("[name=csrfmiddlewaretoken]");
    if (token && field) {
      field.value = token[1];
    }
  };

  const tell = (form, ...parts) => {
    form.querySelector(".not-sent")?.remove();
    const note = document.createElement("p");
    note.className = "errornote not-sent";
    note.setAttribute("role", "alert");
    note.append(...parts);
    form.querySelector(".submit-row").before(note);
    note.scrollIntoView({ block: "center" });
  };

  const linkToSignIn = () => {
    const link = document.createElement("a");
    link.href = `${start()}login/?next=${encodeURIComponent(new URL(start()).pathname)}`;
    link.target = "_blank";
    link.textContent = "Sign in in another tab";
    return link;
  };

  // Before other scripts that send the form in their own way.
  document.addEventListener("click", (event) => event.target.form && renew(event.target.form), true);

  let isAsking = false;
  let isSure = false;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (isSure || !form.matches("form[id$='_form']") || !form.querySelector(".submit-row")) {
      isSure = false;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isAsking) {
      return;
    }
    isAsking = true;
    try {
      if (await isSignedIn()) {
        form.querySelector(".not-sent")?.remove();
        isSure = true;
        form.requestSubmit(event.submitter);
      } else {
        tell(form, "You are signed out, so nothing was sent. ", linkToSignIn(), ", then press the button here again.");
      }
    } catch {
      tell(form, "The panel does not answer, so nothing was sent. Try again in a moment.");
    } finally {
      isAsking = false;
      isSure = false;
    }
  }, true);
}
