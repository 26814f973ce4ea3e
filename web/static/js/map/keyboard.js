"use strict";
/**
 * The map without a mouse. All features together are one stop of the Tab key; arrow keys walk from one to the next
 * in their direction, Enter and Space choose. On the map itself Enter asks about the crosshair at the centre.
 */
(function () {
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let current = null; // code of the feature that Tab reaches

  function* offered() {
    for (const layer of Object.values(GridMap.layers)) {
      if (!layer.look.interactive || !layer.shown || layer.canvas) continue;
      for (const [code, shape] of layer.shapes) {
        const element = shape.getElement && shape.getElement();
        if (element && element.getAttribute("role") === "button") yield { code, shape, element };
      }
    }
  }

  const centre = shape => GridMap.map.latLngToContainerPoint(shape.getBounds ? shape.getBounds().getCenter() : shape.getLatLng());

  function stop(code, element) {
    const before = GridMap.map.getContainer().querySelector("[role=button][tabindex='0'].gm-stop");
    if (before && before !== element) before.setAttribute("tabindex", "-1");
    if (element) element.setAttribute("tabindex", "0");
    current = code;
  }

  /** The nearest feature in a direction: those straight ahead count as nearer than those aside. */
  function next(from, [dx, dy], self) {
    const size = GridMap.map.getSize();
    let best = null, least = Infinity;
    for (const item of offered()) {
      if (item.code === self) continue;
      const point = centre(item.shape);
      if (point.x < 0 || point.y < 0 || point.x > size.x || point.y > size.y) continue;
      const ahead = (point.x - from.x) * dx + (point.y - from.y) * dy;
      const aside = Math.abs((point.x - from.x) * dy) + Math.abs((point.y - from.y) * dx);
      if (ahead <= 1 || aside > ahead * 1.8) continue;
      const cost = ahead + aside * 2;
      if (cost < least) { least = cost; best = item; }
    }
    return best;
  }

  function walk(code, shape, direction) {
    const map = GridMap.map;
    let target = next(centre(shape), direction, code);
    if (!target) {
      map.panBy(L.point(direction).scaleBy(map.getSize()).divideBy(3), { animate: false });
      target = next(centre(shape), direction, code);
    }
    if (!target) return;
    stop(target.code, target.element);
    target.element.focus({ preventScroll: true });
    GridMap.reveal(target.shape.getBounds ? target.shape.getBounds().getCenter() : target.shape.getLatLng());
  }

  GridMap.keyboard = {
    /** Make a feature reachable. */
    offer(code, shape) {
      const element = shape.getElement && shape.getElement();
      if (!element) return;
      element.setAttribute("role", "button");
      element.setAttribute("tabindex", "-1");
      element.classList.add("gm-stop");
      element.addEventListener("focus", () => stop(code, element));
      element.addEventListener("keydown", event => {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        if (event.key in ARROWS) walk(code, shape, ARROWS[event.key]);
        else if (event.key === "Enter" || event.key === " ") {
          GridMap.pick({ code, kind: shape.feature.properties.kind, latlng: shape.getBounds ? shape.getBounds().getCenter() : shape.getLatLng(), keyboard: true });
        } else return;
        event.preventDefault();
        event.stopPropagation();
      });
    },

    /** After features came or the view moved: name them, and keep one of those in view as the stop of the Tab key. */
    renew() {
      const map = GridMap.map, middle = map.getSize().divideBy(2), view = map.getBounds();
      let kept = null, nearest = null, least = Infinity;
      for (const item of offered()) {
        if (!item.element.getAttribute("aria-label") || item.shape.named !== GridMap.layers.compounds) {
          item.element.setAttribute("aria-label", GridMap.looks.describe(item.shape.feature));
        }
        if (item.code === current && (view.contains(map.containerPointToLatLng(centre(item.shape))) || item.element === document.activeElement)) kept = item;
        const distance = centre(item.shape).distanceTo(middle);
        if (distance < least) { least = distance; nearest = item; }
      }
      const chosen = kept || nearest;
      if (chosen) stop(chosen.code, chosen.element);
    },

    /** Give the focus back to a feature, or to the map where it is gone. */
    focus(code) {
      const found = code && GridMap.find(code);
      const element = found && found.shape.getElement && found.shape.getElement();
      (element && element.classList.contains("gm-stop") ? element : GridMap.map.getContainer()).focus({ preventScroll: true });
    },

    begin(map) {
      const box = map.getContainer();
      box.append(el("span", { class: "gm-cross", "aria-hidden": "true" }));
      map.on("moveend", () => GridMap.keyboard.renew());
      // Browsers show :focus-visible also where Leaflet itself focuses the map after a touch.
      document.addEventListener("keydown", () => box.classList.add("gm-keys"), true);
      document.addEventListener("pointerdown", () => box.classList.remove("gm-keys"), true);
      box.addEventListener("keydown", event => {
        if (event.target !== box || event.key !== "Enter") return;
        event.preventDefault();
        GridMap.pick({ latlng: map.getCenter(), keyboard: true });
      });
    },
  };
}());
