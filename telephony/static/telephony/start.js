// Fetches the calls in progress and the newest ones every few seconds, while the page can be seen.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const EVERY_MS = 4000;
  const place = document.getElementById("calls-now");
  const said = document.getElementById("calls-now-said");
  if (!place) {
    return;
  }
  let timer = 0;

  const say = (text) => {
    if (said.textContent !== text) {
      said.textContent = text;
    }
    said.hidden = !text;
  };

  // The figures follow the calls: they are asked for again when other calls are shown.
  const refreshFigures = async () => {
    const old = document.querySelector("section.figures");
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(10000) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("section.figures");
    if (old && fresh && !old.contains(document.activeElement)) {
      const table = fresh.querySelector("details");
      if (table) {
        table.open = old.querySelector("details")?.open ?? false;
      }
      old.replaceWith(document.adoptNode(fresh));
    } else if (!old && fresh) {
      place.before(document.adoptNode(fresh));
    }
  };

  const calls = (root) => [...root.querySelectorAll("li")].map((each) => each.textContent).join();

  const refresh = async () => {
    try {
      const answer = await fetch(place.dataset.address, { signal: AbortSignal.timeout(10000) });
      // Without a session the answer is the page to sign in on.
      if (!answer.ok || answer.redirected) {
        throw new Error("not signed in, or an error");
      }
      const text = await answer.text();
      // Whoever stands on a link in it would be thrown out of it.
      if (!place.contains(document.activeElement)) {
        const before = calls(place);
        place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
        if (calls(place) !== before) {
          await refreshFigures();
        }
      }
      say("");
    } catch {
      say("This could not be refreshed: the panel does not answer, or you are no longer signed in. It is tried again.");
    }
    plan();
  };

  const plan = () => {
    clearTimeout(timer);
    if (!document.hidden) {
      timer = setTimeout(refresh, EVERY_MS);
    }
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) {
      refresh();
    }
  });
  plan();
});
