"use strict";
/**
 * A feature layer that fetches what the view needs. Few features are SVG (each can be focused and hatched),
 * many are drawn on a canvas. Features that stay keep their elements, so that moving the map loses no focus.
 */
GridMap.Features = L.LayerGroup.extend({
  CANVAS_FROM: 1000,

  initialize(key, source) {
    L.LayerGroup.prototype.initialize.call(this);
    this.key = key;
    this.source = source;
    this.look = GridMap.looks[key];
    this.shapes = new Map();
    this.reach = null; // the stretch of the earth that is loaded
    this.day = null; // of which day
    this.canvas = false;
    this.shown = true;
  },

  onAdd(map) {
    L.LayerGroup.prototype.onAdd.call(this, map);
    if (this.source.id) this.put(JSON.parse(document.getElementById(this.source.id).textContent));
  },

  /** Fetch what is missing; a layer that is too detailed for this zoom, or switched off, is taken from the map. */
  refresh() {
    const map = GridMap.map;
    const shown = this.shown = !GridMap.hidden.has(this.key) && map.getZoom() >= (this.look.from || 0);
    for (const name of this.panes()) {
      const pane = map.getPane(name);
      pane.style.display = shown ? "" : "none";
      pane.classList.toggle("gm-far", GridMap.far());
    }
    if (!shown || !this.source.url) return;
    const view = map.getBounds();
    const { reach, day } = this.request ? this.request : this;
    if (reach && reach.contains(view) && day === GridMap.day) return;
    this.fetch(view.pad(.4));
  },

  panes() {
    return ["gm-" + this.key, this.look.spots, this.look.border && this.look.border.pane].filter(Boolean);
  },

  async fetch(bounds) {
    if (this.request) this.request.abort.abort();
    const { day } = GridMap, { whole } = this.look;
    const request = this.request = {
      abort: new AbortController(), day, reach: whole ? L.latLngBounds([-90, -180], [90, 180]) : bounds,
    };
    const parameters = {};
    if (!whole) {
      parameters.bbox = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
        .map((value, index) => Math.max(-(index % 2 ? 90 : 180), Math.min(index % 2 ? 90 : 180, value)).toFixed(5)).join(",");
    }
    if (day) parameters.on = day;
    GridMap.events.fire("loading");
    try {
      const collection = await GridMap.get(this.source.url, parameters, request.abort.signal);
      if (day !== this.day) this.clear(); // nothing of another day stays
      this.day = day;
      this.reach = request.reach;
      this.put(collection);
    } catch (error) {
      if (error.name !== "AbortError") GridMap.events.fire("trouble", { error, key: this.key });
    } finally {
      if (this.request === request) this.request = null;
      GridMap.events.fire("loaded", { key: this.key });
    }
  },

  /** Show exactly these features. */
  put(collection) {
    const features = collection.features || [];
    const canvas = features.length > this.CANVAS_FROM;
    if (canvas !== this.canvas) this.clear();
    this.canvas = canvas;
    if (this.look.hues) {
      GridMap.looks.assignHues(features);
      for (const layer of Object.values(GridMap.layers)) if (layer !== this) layer.restyle();
    }
    const wanted = new Map(features.map((feature, index) => [feature.id === undefined ? index : feature.id, feature]));
    for (const [code, shape] of this.shapes) {
      if (wanted.has(code)) continue;
      this.removeLayer(shape);
      if (shape.border) this.removeLayer(shape.border);
      this.shapes.delete(code);
    }
    for (const [code, feature] of wanted) if (!this.shapes.has(code)) this.add(code, feature);
    this.restyle();
    GridMap.labels.plan();
    GridMap.keyboard.renew();
    if (GridMap.marked && this.shapes.has(GridMap.marked.code)) GridMap.mark(GridMap.marked.code, GridMap.marked.latlng);
    GridMap.events.fire("put", { key: this.key });
  },

  clear() {
    this.clearLayers();
    this.shapes.clear();
  },

  add(code, feature) {
    if (!feature.geometry) return;
    const interactive = Boolean(this.look.interactive && this.look.interactive(feature));
    const shape = L.GeoJSON.geometryToLayer(feature, {
      pane: "gm-" + this.key,
      renderer: this.renderer(),
      interactive,
      className: this.look.classOf ? this.look.classOf(feature) : this.look.className,
      bubblingMouseEvents: false,
      pointToLayer: (_, latlng) => {
        const marker = this.look.marker(feature, latlng);
        marker.options.pane = this.look.spots || "gm-" + this.key;
        marker.options.interactive = interactive;
        marker.options.className = this.look.classOf ? this.look.classOf(feature) : this.look.className;
        marker.options.bubblingMouseEvents = false;
        return marker;
      },
    });
    shape.feature = feature;
    this.shapes.set(code, shape);
    if (interactive) shape.on("click", event => GridMap.pick({ code, kind: feature.properties.kind, latlng: event.latlng }));
    if (shape.setStyle && feature.geometry.type !== "Point") shape.setStyle(this.look.style(feature, this));
    this.addLayer(shape);
    if (this.look.border) this.addLayer(shape.border = L.polygon(shape.getLatLngs(), this.look.border));
    if (!this.canvas && shape.getElement && shape.getElement()) this.mute(shape.getElement().ownerSVGElement);
    if (interactive && !this.canvas) GridMap.keyboard.offer(code, shape);
  },

  /** A drawing is no picture to screen readers: its features speak for themselves, or say nothing. */
  mute(drawing) {
    if (!drawing || drawing.hasAttribute("role")) return;
    drawing.setAttribute("role", "presentation");
    if (!this.look.interactive) drawing.setAttribute("aria-hidden", "true");
  },

  renderer() {
    const map = GridMap.map, pane = "gm-" + this.key;
    if (!this.canvas) return map.getRenderer({ options: { pane } });
    if (!this.canvasRenderer) this.canvasRenderer = L.canvas({ pane, padding: .4 });
    return this.canvasRenderer;
  },

  restyle() {
    for (const shape of this.shapes.values()) {
      if (shape.setStyle && shape.feature.geometry.type !== "Point") shape.setStyle(this.look.style(shape.feature, this));
    }
  },
});

/** Ask this server; the answer as JSON, or an error with `status` and, where the server gave one, `detail`. */
GridMap.get = async function get(address, parameters, signal) {
  const url = new URL(address, window.location.href);
  for (const [name, value] of Object.entries(parameters || {})) url.searchParams.set(name, value);
  let answer;
  try {
    answer = await fetch(url, { signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw Object.assign(new Error("offline"), { status: 0 });
  }
  let body = null;
  try {
    body = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (answer.ok && body) return body;
  throw Object.assign(new Error("refused"), { status: answer.ok ? 502 : answer.status, detail: body && body.detail, hint: body && body.hint });
};
