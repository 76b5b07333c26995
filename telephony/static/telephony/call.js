// Shows what becomes of a call while it goes on. Without this there is a link to refresh the page.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const call = document.getElementById("call");
  const said = document.getElementById("refresh-said");
  if (!call?.dataset.refreshS) {
    return;
  }
  // As they came: what a person has opened since is no change.
  const parts = new Map([...call.children].map((part) => [part.id, part.innerHTML]));
  let timer = null;
  let isAsking = false;

  // How to find what has the focus again, among elements that are made anew.
  const place = (element) => {
    const details = element.matches("summary") && element.closest("details");
    if (details) {
      return `#${CSS.escape(details.id)} > summary`;
    }
    return element.id ? `#${CSS.escape(element.id)}` : `a[href="${CSS.escape(element.getAttribute("href") ?? "")}"]`;
  };

  const replace = (part, fresh) => {
    const open = [...part.querySelectorAll("details[open]")].map((details) => details.id);
    const focused = part.contains(document.activeElement) ? place(document.activeElement) : null;
    part.replaceChildren(...document.adoptNode(fresh).childNodes);
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    if (focused) {
      part.querySelector(focused)?.focus({ preventScroll: true });
    }
  };

  const show = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("call");
    if (!fresh) {
      // A page of an error, or where one signs in.
      throw new Error("the answer is not a call");
    }
    [...fresh.children].forEach((part) => {
      const html = part.innerHTML;
      if (parts.get(part.id) !== html) {
        parts.set(part.id, html);
        replace(document.getElementById(part.id), part);
      }
    });
    call.dataset.refreshS = fresh.dataset.refreshS ?? "";
  };

  const refresh = async () => {
    if (isAsking || document.hidden || !call.dataset.refreshS) {
      return;
    }
    isAsking = true;
    try {
      const answer = await fetch(call.dataset.address, { signal: AbortSignal.timeout(10000) });
      show(await answer.text());
      said.textContent = call.dataset.refreshS ? "" : "This page is up to date and no longer refreshes.";
    } catch {
      // A session that is over, a server that is away, no network.
      const time = new Date().toLocaleTimeString();
      said.textContent = `This page could not be refreshed at ${time}, and may be out of date. It tries again.`;
    }
    isAsking = false;
    wait();
  };

  const wait = () => {
    clearTimeout(timer);
    if (call.dataset.refreshS && !document.hidden) {
      timer = setTimeout(refresh, Number(call.dataset.refreshS) * 1000);
    }
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    refresh();
  });
  wait();
});
