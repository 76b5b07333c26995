// A button that copies, beside each address and each command. Browsers allow it on HTTPS and on this machine.
"use strict";
if (navigator.clipboard) {
  for (const text of document.querySelectorAll(".entries code, pre.command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${text.textContent.trim()}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent.trim());
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    text.after(button);
  }
}
