// Gives names to what the admin leaves nameless for screen readers: fields in a table's rows, which
// only the heading of their column explains, and the boxes that select2 puts in the place of selects.
"use strict";
{
  const column = (field) => {
    const cell = field.closest("td");
    const headings = field.closest("table")?.tHead?.rows[0]?.cells;
    if (!cell || !headings) {
      return "";
    }
    // The heading of the first column spans the cell of the row's title, too.
    let place = -1;
    let left = cell.cellIndex;
    for (const heading of headings) {
      place += 1;
      left -= heading.colSpan;
      if (left < 0) {
        break;
      }
    }
    return headings[place].innerText.replace(/\s+/g, " ").trim();
  };

  const label = (field) => {
    const own = document.querySelector(`label[for="${field.id}"]`);
    // What is in a closed part of the page has no innerText.
    return own ? own.textContent.trim().replace(/\s*:$/, "") : column(field);
  };

  const name = (root) => {
    for (const field of root.querySelectorAll(".inline-group td :is(input, select, textarea):not([type=hidden])")) {
      if (!field.hasAttribute("aria-label") && !field.closest("label") && column(field)) {
        field.setAttribute("aria-label", column(field));
      }
    }
    for (const box of root.querySelectorAll(".select2-selection")) {
      const select = box.closest(".select2-container").previousElementSibling;
      const shown = box.querySelector(".select2-selection__rendered");
      box.removeAttribute("aria-labelledby");
      box.setAttribute("aria-label", label(select));
      shown?.setAttribute("aria-label", label(select));
    }
    for (const tooltip of root.querySelectorAll(".help-tooltip[aria-label]")) {
      tooltip.setAttribute("role", "img");
    }
  };

  // After the admin's own scripts have built their widgets: some when the page has loaded, some when
  // jQuery is ready, which may be earlier or later.
  window.addEventListener("load", () => name(document));
  window.django?.jQuery?.(() => name(document));
  document.addEventListener("formset:added", (event) => name(event.target));
}
