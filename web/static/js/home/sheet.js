"use strict";
/** On a phone the panel is a sheet over the map's lower edge: a hint, at most 45 % of the screen, or drawn up by hand. */
(function () {
  const phone = window.matchMedia("(max-width: 45rem)");
  const panel = Home.$("panel"), handle = Home.$("handle"), root = document.documentElement;
  const PEEK = 104;
  let level = "peek";

  const heights = () => ({ peek: PEEK, half: Math.round(window.innerHeight * .45), full: Math.round(window.innerHeight * .85) });

  function apply(pixels) {
    const height = phone.matches ? pixels : 0;
    root.style.setProperty("--sheet", height + "px");
    // What stands on the map's lower edge rises with the sheet, but not into the controls at the top.
    root.style.setProperty("--lift", Math.min(height, heights().half) + "px");
  }

  function set(wanted) {
    level = wanted;
    panel.dataset.level = level;
    handle.setAttribute("aria-expanded", String(level !== "peek"));
    apply(heights()[level]);
  }

  Home.sheet = {
    set,
    phone: () => phone.matches,
    height: () => (phone.matches ? heights()[level === "full" ? "half" : level] : 0),
  };

  let from = null;
  handle.addEventListener("pointerdown", event => {
    from = { y: event.clientY, height: panel.getBoundingClientRect().height, moved: false };
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", event => {
    if (!from) return;
    const height = from.height + from.y - event.clientY;
    if (Math.abs(event.clientY - from.y) > 6) from.moved = true;
    if (!from.moved) return;
    panel.classList.add("dragged");
    apply(Math.max(PEEK, Math.min(heights().full, height)));
  });
  const end = () => {
    if (!from) return;
    panel.classList.remove("dragged");
    if (from.moved) {
      const height = panel.getBoundingClientRect().height, sizes = Object.entries(heights());
      sizes.sort((a, b) => Math.abs(a[1] - height) - Math.abs(b[1] - height));
      set(sizes[0][0]);
      justDragged = true;
      setTimeout(() => { justDragged = false; }, 50);
    }
    from = null;
  };
  let justDragged = false;
  handle.addEventListener("pointerup", end);
  handle.addEventListener("pointercancel", end);
  handle.addEventListener("click", () => {
    if (justDragged) return; // the end of a drag is no click
    set(level === "peek" ? "half" : level === "half" ? "full" : "peek");
  });

  for (const name of ["resize", "orientationchange"]) window.addEventListener(name, () => apply(heights()[level]));
  set("peek");
}());
