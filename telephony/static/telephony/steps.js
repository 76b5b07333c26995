// The order of a route's steps, by button, by keyboard and by dragging: it writes the positions, which are what
// is saved. Without this they are typed; a step without one rings after all others.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const body = document.querySelector("#steps-group tbody");
  const rows = () => [...body.querySelectorAll("tr.form-row:not(.empty-form)")];
  const input = (row) => row.querySelector("input[name$='-position']");
  if (!body || !document.querySelector("#steps-group input[name$='-position']")) {
    return;
  }
  // The browser would put what was typed back by the place of its row, where another step may stand now.
  body.closest("form").autocomplete = "off";
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.className = "steps-said";
  body.closest(".inline-group").append(said);

  // Rows that ring together, group by group.
  const groups = () => {
    const found = new Map();
    rows().forEach((row) => {
      const position = Number(input(row).value);
      found.set(position, [...(found.get(position) ?? []), row]);
    });
    return [...found].sort(([one], [other]) => one - other).map(([, group]) => group);
  };

  const name = (row) =>
    row.querySelector("select[name$='-destination'] option:checked")?.text || "the new step";

  // A row goes where its errors go.
  const put = (row, before) => {
    const error = row.previousElementSibling;
    const parts = error?.classList.contains("row-form-errors") ? [error, row] : [row];
    parts.forEach((part) => body.insertBefore(part, before));
  };

  const arrange = (ordered) => {
    const focused = document.activeElement;
    const end = body.querySelector("tr.empty-form, tr.add-row");
    ordered.forEach((row) => put(row, end));
    if (body.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  };

  const show = () => {
    const all = groups();
    all.forEach((group, place) =>
      group.forEach((row, index) => {
        const isFirst = place === 0 && index === 0;
        row.querySelector(".order output").value = place + 1;
        row.querySelector(".together").checked = index > 0;
        row.querySelector(".order label").hidden = isFirst;
        const edges = { up: place === 0, down: place === all.length - 1 };
        Object.entries(edges).forEach(([way, isEdge]) => {
          const button = row.querySelector(`.${way}`);
          button.setAttribute("aria-disabled", isEdge && group.length === 1);
          button.setAttribute("aria-label", `Move ${name(row)} ${way}`);
        });
      }),
    );
  };

  const write = (all) => {
    all.forEach((group, place) => group.forEach((row) => (input(row).value = place + 1)));
    arrange(all.flat());
    show();
  };

  // Whoever rang together with others leaves them first: nobody joins a group by being moved.
  const move = (row, by) => {
    const all = groups();
    const at = all.findIndex((group) => group.includes(row));
    if (all[at].length > 1) {
      all[at] = all[at].filter((each) => each !== row);
      all.splice(by < 0 ? at : at + 1, 0, [row]);
    } else if (all[at + by]) {
      all.splice(at, 1);
      all.splice(at + by, 0, [row]);
    } else {
      return;
    }
    write(all);
    said.textContent = `${name(row)} now rings at position ${input(row).value}.`;
  };

  // Dropped on the upper half of a row, it rings before those of that row; on the lower, after them.
  let dragged = null;
  const drop = (event) => {
    const target = event.target.closest("tr.form-row");
    if (!dragged || !target || target === dragged) {
      return;
    }
    event.preventDefault();
    if (event.type === "drop") {
      const { top, height } = target.getBoundingClientRect();
      const all = groups()
        .map((group) => group.filter((row) => row !== dragged))
        .filter((group) => group.length);
      const at = all.findIndex((group) => group.includes(target));
      all.splice(event.clientY < top + height / 2 ? at : at + 1, 0, [dragged]);
      write(all);
    }
  };

  const grip = (row) => {
    const made = document.createElement("span");
    made.className = "grip";
    made.draggable = true;
    made.textContent = "⠿";
    made.title = "Drag to another place";
    made.setAttribute("aria-hidden", "true");
    made.addEventListener("dragstart", (event) => {
      dragged = row;
      event.dataTransfer.setDragImage(row, 0, 0);
    });
    made.addEventListener("dragend", () => (dragged = null));
    return made;
  };

  const join = (row, isTogether) => {
    const all = groups();
    const at = all.findIndex((group) => group.includes(row));
    const index = all[at].indexOf(row);
    if (isTogether && index === 0 && at > 0) {
      all.splice(at - 1, 2, [...all[at - 1], ...all[at]]);
    } else if (!isTogether && index > 0) {
      all.splice(at, 1, all[at].slice(0, index), all[at].slice(index));
    }
    write(all);
  };

  const button = (row, way, sign) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = way;
    made.textContent = sign;
    made.title = `Move ${way} (Alt and the arrow key)`;
    made.addEventListener("click", () => move(row, way === "up" ? -1 : 1));
    return made;
  };

  const dress = (row) => {
    const together = document.createElement("input");
    together.type = "checkbox";
    together.className = "together";
    together.addEventListener("change", () => join(row, together.checked));
    const label = document.createElement("label");
    label.append(together, " together with the one above");
    const order = document.createElement("div");
    order.className = "order";
    const number = document.createElement("output");
    order.append(grip(row), number, button(row, "up", "↑"), button(row, "down", "↓"), label);
    if (!input(row).value) {
      input(row).value = Math.max(0, ...rows().map((each) => Number(input(each).value))) + 1;
    }
    input(row).type = "hidden";
    input(row).after(order);
  };

  body.addEventListener("dragover", drop);
  body.addEventListener("drop", drop);
  rows().forEach(dress);
  arrange(groups().flat());
  show();
  body.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = event.target.closest("tr.form-row");
    if (event.altKey && by && row) {
      event.preventDefault();
      event.stopPropagation();
      move(row, by);
    }
  }, true);
  // Select2 tells jQuery only.
  django.jQuery(body).on("change", "select", show);
  document.addEventListener("formset:added", (event) => {
    if (event.detail.formsetName === "steps") {
      dress(event.target);
      show();
      event.target.querySelector(".select2-selection")?.focus();
    }
  });
  document.addEventListener("formset:removed", (event) => {
    if (event.detail.formsetName === "steps") {
      // The admin now numbers the rows anew as they stand, and saved ones must be the first.
      const number = (row) => Number(row.id.replace("steps-", ""));
      arrange(rows().sort((one, other) => number(one) - number(other)));
      setTimeout(() => {
        write(groups());
      });
    }
  });
});
