"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // Tooltips: the words of each point are its <title>, so that the figures also explain themselves without this script.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");
  document.body.append(tip);
  let tipped = null;

  const hideTip = () => {
    tip.hidden = true;
    tipped?.classList.remove("tipped");
    tipped = null;
  };
  const showTip = (point, x, y) => {
    hideTip();
    tipped = point;
    point.classList.add("tipped");
    const [heading, ...rows] = point.dataset.tip.split("\n");
    const strong = document.createElement("strong");
    strong.textContent = heading;
    tip.replaceChildren(strong, rows.length ? "\n" + rows.join("\n") : "");
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = clamp(x + 14, 8, Math.max(8, innerWidth - box.width - 8));
    const above = y - box.height - 14;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 8 ? above : Math.min(y + 18, innerHeight - box.height - 8)}px`;
  };
  const showTipAt = (point) => {
    const box = (point.querySelector(".mark, .ruler") ?? point).getBoundingClientRect();
    showTip(point, box.x + box.width / 2, box.y + Math.min(box.height / 2, 60));
  };
  for (const figure of all(".figure")) {
    const points = all(".pt", figure);
    let place = -1;
    for (const point of points) {
      const title = point.querySelector("title");
      point.dataset.tip = title.textContent;
      title.remove();
      point.setAttribute("tabindex", "-1");
      point.addEventListener("pointermove", (event) => showTip(point, event.clientX, event.clientY));
      point.addEventListener("pointerleave", hideTip);
      point.addEventListener("focus", () => showTipAt(point));
      point.addEventListener("blur", hideTip);
    }
    figure.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step || !points.length) return;
      event.preventDefault();
      place = place < 0 ? (step > 0 ? 0 : points.length - 1) : (place + step + points.length) % points.length;
      points[place].focus({ preventScroll: true });
    });
  }
  addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
  // The words stay with a point that was reached by the keyboard; for the pointer they end with its place.
  const scrolled = () => tipped && (tipped === document.activeElement ? showTipAt(tipped) : hideTip());
  addEventListener("scroll", scrolled, { passive: true });

  // Legends: pointing at a subject, or pressing its button, lets the others fade in every figure.
  const buttons = all(".legend button");
  let pressed = null;
  const light = (subject) => {
    for (const figure of all(".figure")) figure.classList.toggle("dim", subject !== null);
    for (const part of all(".figure [class*=' s'], .figure [class^='s']")) {
      part.classList.toggle("lit", subject !== null && part.classList.contains(subject));
    }
  };
  for (const button of buttons) {
    button.addEventListener("pointerenter", () => light(button.dataset.subject));
    button.addEventListener("pointerleave", () => light(pressed));
    button.addEventListener("click", () => {
      pressed = pressed === button.dataset.subject ? null : button.dataset.subject;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other.dataset.subject === pressed));
      light(pressed);
    });
  }

  // The magnifier: one place of one picture, enlarged in every row of a viewer at once.
  const magnifier = (viewer) => {
    const box = viewer.querySelector(".strips");
    const lenses = all(".lens", viewer);
    const rows = all(".strip", box).map((element) => ({
      subject: element.dataset.subject,
      kind: element.dataset.kind,
      label: element.dataset.label,
      cells: all(".cell", element),
    }));
    const status = viewer.querySelector("[aria-live]");
    const sort = (row) => (row.kind === "sample" || row.kind === "missing" ? row.kind : "whole");
    const state = { row: 0, column: Number(box.dataset.start), u: 0.5, v: 0.5, zoom: 1, chosen: Number(box.dataset.zoom) };

    const rowFor = (subject) => {
      const own = rows.filter((row) => row.subject === subject && row.cells[state.column]);
      return own.find((row) => sort(row) === sort(rows[state.row])) ?? own[0];
    };
    const draw = () => {
      const half = 0.5 / state.zoom;
      const start = (at) => clamp(at - half, 0, 1 - 2 * half);
      const percent = (at) => (state.zoom > 1 ? (start(at) / (1 - 2 * half)) * 100 : 0);
      for (const cell of all(".cell.on", box)) cell.classList.remove("on");
      box.style.setProperty("--u", start(state.u));
      box.style.setProperty("--v", start(state.v));
      box.style.setProperty("--w", 2 * half);
      for (const lens of lenses) {
        const row = rowFor(lens.dataset.subject);
        const glass = lens.querySelector("div");
        lens.classList.toggle("zoomed", state.zoom > 1 && Boolean(row));
        lens.querySelector("small").textContent = row ? row.kind : "";
        if (!row) {
          glass.style.backgroundImage = "none";
          continue;
        }
        glass.style.backgroundImage = `url("${row.cells[state.column].querySelector("img").src}")`;
        glass.style.backgroundSize = `${state.zoom * 100}% ${state.zoom * 100}%`;
        glass.style.backgroundPosition = `${percent(state.u)}% ${percent(state.v)}%`;
        lens.style.setProperty("--cross-x", (state.u - start(state.u)) * state.zoom);
        lens.style.setProperty("--cross-y", (state.v - start(state.v)) * state.zoom);
        row.cells[state.column].classList.add("on");
      }
    };
    const say = () => {
      const where = state.zoom > 1 ? `, ${Math.round(state.u * 100)} % across, ${Math.round(state.v * 100)} % down` : "";
      status.textContent = `Picture ${state.column + 1}${where}, enlarged in every row`;
    };
    const setZoom = (zoom) => {
      state.zoom = clamp(zoom, 1, 12);
      if (state.zoom > 1) state.chosen = state.zoom;
      draw();
      say();
    };
    const follow = (event) => {
      const cell = event.target.closest?.(".cell");
      if (!cell) return;
      const area = cell.getBoundingClientRect();
      state.row = rows.findIndex((row) => row.cells.includes(cell));
      state.column = rows[state.row].cells.indexOf(cell);
      state.u = clamp((event.clientX - area.x) / area.width, 0, 1);
      state.v = clamp((event.clientY - area.y) / area.height, 0, 1);
      state.zoom = state.chosen;
      draw();
    };
    box.addEventListener("pointermove", (event) => event.pointerType !== "touch" && follow(event));
    box.addEventListener("click", follow);

    const step = 0.125;
    const across = (way) => {
      state.u += way * step;
      if (state.u >= 0 && state.u <= 1) return;
      const columns = rows[state.row].cells.length;
      state.column = (state.column + way + columns) % columns;
      state.u = way > 0 ? step / 2 : 1 - step / 2;
    };
    const down = (way) => {
      state.v += way * step;
      if (state.v >= 0 && state.v <= 1) return;
      state.row = (state.row + way + rows.length) % rows.length;
      state.column = Math.min(state.column, rows[state.row].cells.length - 1);
      state.v = way > 0 ? step / 2 : 1 - step / 2;
    };
    const keys = {
      ArrowRight: () => across(1),
      ArrowLeft: () => across(-1),
      ArrowDown: () => down(1),
      ArrowUp: () => down(-1),
      Home: () => (state.column = 0),
      End: () => (state.column = rows[state.row].cells.length - 1),
    };
    box.addEventListener("keydown", (event) => {
      if (event.key === "+" || event.key === "=") setZoom(state.chosen + 1);
      else if (event.key === "-") setZoom(state.zoom - 1);
      else if (event.key === "Escape") setZoom(1);
      else if (keys[event.key]) {
        keys[event.key]();
        state.zoom = state.chosen;
        draw();
        say();
        rows[state.row].cells[state.column].scrollIntoView({ block: "nearest", inline: "nearest" });
      } else return;
      event.preventDefault();
    });
    for (const button of all("button[data-zoom]", viewer)) {
      button.addEventListener("click", () => {
        const change = Number(button.dataset.zoom);
        setZoom(change ? state.zoom + change : 1);
      });
    }
    draw();
  };
  all(".viewer").forEach(magnifier);
})();
