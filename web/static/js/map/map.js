"use strict";
/**
 * What the maps of this product share: one Leaflet map, its feature layers by key, and what is chosen on it.
 *
 * folium declares the layers (`GridMap.layer(map, key, source)`); the page listens:
 *   pick     { code, kind, latlng, keyboard }   somebody chose a feature, or (without code) a spot of the ground
 *   loading, loaded                             features are on their way, have come
 *   trouble  { error }                          they did not come
 *   colours                                     another way of colouring is chosen
 */
const GridMap = {
  map: null,
  layers: {},
  grounds: [], // layers of the base map
  colour: "compound",
  day: null, // YYYY-MM-DD, or null for today
  open: false, // whether layers may fetch: not before the map knows what it shows
  zooming: false,
  next: null, // the move to make when the present one is over
  hidden: new Set(), // keys that the user switched off

  on(name, listener) { GridMap.events.on(name, listener); },

  /** Take over the map that folium made; the first layer calls it. */
  begin(map) {
    if (GridMap.map) return;
    GridMap.map = map;
    GridMap.events = GridMap.events || new L.Evented();
    const box = map.getContainer();
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", t("Map. Arrow keys move it, plus and minus zoom, Enter asks who is responsible at the centre."));
    const pane = map.createPane("gm-selected");
    pane.style.zIndex = 431;
    pane.style.pointerEvents = "none";
    box.append(patterns());
    new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(box);
    map.on("click", event => GridMap.pick({ latlng: event.latlng }));
    map.on("moveend", () => GridMap.refresh());
    map.on("zoomanim", () => { GridMap.zooming = true; });
    map.on("zoomend", () => {
      GridMap.zooming = false;
      const { next } = GridMap;
      if (next) setTimeout(() => GridMap.move(next), 0);
    });
  },

  /** One feature layer; `source` is { url } or { id } of an inlined block. */
  layer(map, key, source) {
    GridMap.begin(map);
    const layer = new GridMap.Features(key, source);
    GridMap.layers[key] = layer;
    return layer;
  },

  /** The raster base map, below everything; like the features it waits until the map knows what it shows. */
  tiles(map, url, maxNativeZoom) {
    GridMap.begin(map);
    const layer = L.tileLayer(url, { maxNativeZoom, maxZoom: map.getMaxZoom(), className: "gm-tiles" });
    let failures = 0;
    layer.on("tileerror", () => { if (++failures === 3) GridMap.events.fire("trouble", { error: { base: true } }); });
    layer.on("tileload", () => { failures = 0; });
    GridMap.grounds.push(layer);
    return L.layerGroup();
  },

  /** Show a stretch of the earth and let the layers fetch. */
  start(bounds) {
    GridMap.open = true;
    GridMap.map.invalidateSize({ animate: false, pan: false }); // a strip may have come above the map
    GridMap.fit(bounds, { animate: false });
    for (const ground of GridMap.grounds) ground.addTo(GridMap.map);
    GridMap.refresh();
  },

  refresh() {
    if (!GridMap.open) return;
    for (const layer of Object.values(GridMap.layers)) layer.refresh();
    GridMap.labels.plan();
  },

  /** Show another day. */
  setDay(day) {
    if (GridMap.day === day) return;
    GridMap.day = day;
    GridMap.refresh();
  },

  /** Fetch everything anew: posts change while a page stays open. */
  renew() {
    for (const layer of Object.values(GridMap.layers)) layer.reach = null;
    GridMap.refresh();
  },

  /** Whether small things (paths, most venues) are still left out at this zoom. */
  far: () => GridMap.map.getZoom() < 16.9,

  setColour(colour) {
    GridMap.colour = colour;
    for (const layer of Object.values(GridMap.layers)) layer.restyle();
    GridMap.labels.plan();
    GridMap.events.fire("colours");
  },

  setShown(keys, shown) {
    for (const key of keys) {
      if (shown) GridMap.hidden.delete(key);
      else GridMap.hidden.add(key);
    }
    GridMap.refresh();
  },

  pick(choice) {
    if (GridMap.events.listens("pick")) GridMap.events.fire("pick", choice);
    else GridMap.caption(choice);
  },

  /** What of the map is free of panels: [left, top, right, bottom] in pixels that are covered. A page overrides it. */
  covered: () => [0, 0, 0, 0],

  /** Leaflet drops a move that comes while it still zooms; here the last one wanted is made afterwards. */
  move(step) {
    GridMap.next = step;
    if (GridMap.zooming) return;
    GridMap.next = null;
    step();
  },

  fit(bounds, options) {
    GridMap.move(() => {
      const [left, top, right, bottom] = GridMap.covered();
      GridMap.map.fitBounds(bounds, {
        paddingTopLeft: [left + 16, top + 16], paddingBottomRight: [right + 16, bottom + 16], maxZoom: 18, ...options,
      });
    });
  },

  /** Move just enough that a spot is not under a panel; `far` flies to it. */
  reveal(latlng, { far = false } = {}) {
    GridMap.move(() => {
      const map = GridMap.map, [left, top, right, bottom] = GridMap.covered();
      if (far) {
        const zoom = Math.max(map.getZoom(), 18);
        const shift = L.point((right - left) / 2, (bottom - top) / 2);
        map.setView(map.unproject(map.project(latlng, zoom).add(shift), zoom), zoom);
      } else {
        map.panInside(latlng, { paddingTopLeft: [left + 48, top + 48], paddingBottomRight: [right + 48, bottom + 48] });
      }
    });
  },

  /** The layer that holds a place, and the place's feature, where it is loaded. */
  find(code) {
    for (const layer of Object.values(GridMap.layers)) {
      const shape = layer.shapes.get(code);
      if (shape) return { layer, shape, feature: shape.feature };
    }
    return null;
  },

  /** Mark what is chosen: a place by its code, or a spot; nothing without arguments. */
  mark(code, latlng) {
    GridMap.marked = { code, latlng };
    if (!GridMap.marks) GridMap.marks = L.layerGroup().addTo(GridMap.map);
    GridMap.marks.clearLayers();
    const found = code && GridMap.find(code);
    const line = { pane: "gm-selected", interactive: false, fill: false };
    if (found && found.shape.getLatLngs) {
      const area = found.shape.getLatLngs();
      L.polygon(area, { ...line, weight: 8, color: "#fff" }).addTo(GridMap.marks);
      L.polygon(area, { ...line, weight: 4, color: "#d9480f" }).addTo(GridMap.marks);
    } else if (found || latlng) {
      const spot = found ? found.shape.getLatLng() : latlng;
      L.circleMarker(spot, { ...line, radius: 13, weight: 7, color: "#fff" }).addTo(GridMap.marks);
      L.circleMarker(spot, { ...line, radius: 13, weight: 4, color: "#d9480f" }).addTo(GridMap.marks);
      if (!found) L.circleMarker(spot, { ...line, radius: 4, weight: 0, fill: true, fillOpacity: 1, fillColor: "#d9480f" }).addTo(GridMap.marks);
    }
  },

  /** Where no page listens (a single file, a notebook): say in words what was touched. */
  caption(choice) {
    const found = choice.code && GridMap.find(choice.code);
    GridMap.mark(choice.code, null);
    if (!GridMap.captionBox) {
      GridMap.captionBox = el("p", { class: "gm-caption", role: "status" });
      GridMap.map.getContainer().append(GridMap.captionBox);
    }
    GridMap.captionBox.textContent = found ? GridMap.looks.describe(found.feature) : "";
  },
};

/** Hatches, so that no class is told by its colour alone; they are found by id from every pane. */
function patterns() {
  const space = "http://www.w3.org/2000/svg";
  const make = (tag, attributes, ...children) => {
    const node = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const hatch = (id, ground, ink, path, size) => make("pattern",
    { id, width: size, height: size, patternUnits: "userSpaceOnUse" },
    make("rect", { width: size, height: size, fill: ground }),
    make("path", { d: path, stroke: ink, "stroke-width": 1.4, fill: "none" }));
  return make("svg", { class: "gm-patterns", width: 0, height: 0, "aria-hidden": "true" }, make("defs", {},
    hatch("gm-hatch-leave", "#fbe3b0", "#a8742a", "M-1 1l2-2M0 8L8 0M7 9l2-2", 8),
    hatch("gm-hatch-vacant", "#f3b3a1", "#9c2f1b", "M-1 1l2-2M0 6L6 0M5 7l2-2", 6),
    hatch("gm-hatch-many", "#d9694f", "#6d1408", "M-1 1l2-2M0 6L6 0M5 7l2-2M-1 5l2 2M0 0l6 6M5-1l2 2", 6)));
}
