"use strict";
/** Names on the map: only where they fit, never over each other, the larger territory first. */
(function () {
  const LONG = 100; // pixels from which the name of a venue waits until the map is near
  const APART = 320; // pixels between two labels of one road
  const MOST = 400; // labels at a time; more cannot be read
  const KINDS = {
    compounds: { font: "600 16px", height: 20, className: "gm-label gm-label-compound" },
    grid_cells: { font: "600 13px", height: 17, className: "gm-label gm-label-cell" },
    buildings: { font: "600 12px", height: 14, className: "gm-label gm-label-building" },
    facilities: { font: "12px", height: 15, className: "gm-label gm-label-facility" },
    entrances: { font: "600 11px", height: 13, className: "gm-label gm-label-entrance" },
    ways: { font: "12px", height: 15, className: "gm-label gm-label-way" },
  };
  const widths = new Map();
  let pencil, pane, planned = false;

  function width(text, kind) {
    const key = kind.font + text;
    if (!widths.has(key)) {
      if (!pencil) pencil = document.createElement("canvas").getContext("2d");
      pencil.font = kind.font + " " + getComputedStyle(document.body).fontFamily;
      widths.set(key, pencil.measureText(text).width + 4);
    }
    return widths.get(key);
  }

  /** The middle of the widest stretch inside an area, at one of three heights; rings in lon, lat. */
  function anchor(feature) {
    const { type, coordinates } = feature.geometry;
    if (type === "Point") return { latlng: L.latLng(coordinates[1], coordinates[0]) };
    if (type === "LineString") {
      const middle = coordinates[Math.floor(coordinates.length / 2)];
      return { latlng: L.latLng(middle[1], middle[0]), length: coordinates };
    }
    const polygons = type === "Polygon" ? [coordinates] : coordinates;
    let best = null;
    for (const rings of polygons) {
      const lats = rings[0].map(point => point[1]);
      const low = Math.min(...lats), high = Math.max(...lats);
      for (const part of [.5, .37, .63]) {
        const lat = low + (high - low) * part, crossings = [];
        for (const ring of rings) {
          for (let i = 1; i < ring.length; i++) {
            const [x0, y0] = ring[i - 1], [x1, y1] = ring[i];
            if ((y0 > lat) !== (y1 > lat)) crossings.push(x0 + (x1 - x0) * (lat - y0) / (y1 - y0));
          }
        }
        crossings.sort((a, b) => a - b);
        for (let i = 1; i < crossings.length; i += 2) {
          const wide = crossings[i] - crossings[i - 1];
          // The middle height is kept unless another one is clearly wider.
          if (!best || wide > best.wide * 1.25) best = { latlng: L.latLng(lat, (crossings[i] + crossings[i - 1]) / 2), wide };
        }
      }
    }
    return best || { latlng: L.geoJSON(feature).getBounds().getCenter() };
  }

  /** The text that fits into a box of so many pixels: the name, else the number in it, else nothing. */
  function fitting(name, kind, box, key) {
    if (!box) return name;
    const roomy = key === "buildings" ? .95 : 1.5;
    if (width(name, kind) <= box.x * roomy && box.y >= kind.height * .6) return name;
    const number = key === "buildings" && /\d+/.exec(name);
    return number && width(number[0], kind) <= box.x * 1.1 && box.y >= kind.height * .45 ? number[0] : "";
  }

  function wanted(key, zoom, feature) {
    switch (key) {
      case "compounds": return zoom >= 13;
      case "grid_cells": return GridMap.colour === "grid_cell" || zoom >= 17;
      case "buildings": return zoom >= 16;
      case "facilities": return feature.geometry.type === "Point" && zoom >= 17.5;
      case "ways": return Boolean(feature.properties.name) && feature.geometry.type === "LineString" && zoom >= 16.5;
      case "entrances": return zoom >= 18.5;
      default: return true;
    }
  }

  /** Every label of one layer that has room of its own, as { text, x, y, w, h, className } in layer pixels. */
  function candidates(key, map, view) {
    const layer = GridMap.layers[key], kind = KINDS[key], zoom = map.getZoom(), found = [];
    if (!layer || !layer.shown) return found;
    for (const shape of layer.shapes.values()) {
      const { feature } = shape;
      if (!wanted(key, zoom, feature)) continue;
      shape.anchor = shape.anchor || anchor(feature);
      if (!view.contains(shape.anchor.latlng)) continue;
      let box = null;
      if (shape.getBounds && feature.geometry.type !== "Point") {
        const bounds = shape.getBounds();
        box = map.latLngToLayerPoint(bounds.getSouthEast()).subtract(map.latLngToLayerPoint(bounds.getNorthWest()));
        if (key === "ways") box = L.point(Math.max(box.x, box.y), kind.height);
      }
      let text = fitting(String(feature.properties.name || ""), kind, box, key);
      if (key === "entrances") text = (/\d+/.exec(text) || [text])[0];
      if (!text) continue;
      const point = map.latLngToLayerPoint(shape.anchor.latlng), w = width(text, kind);
      if (key === "facilities" && w > LONG && zoom < 18.5) continue;
      if (key === "facilities") point.y += 24;
      if (key === "entrances") point.y += 13;
      found.push({ text, x: point.x - w / 2, y: point.y - kind.height / 2, w, h: kind.height, className: kind.className, room: box ? box.x * box.y : 0 });
    }
    return found.sort((a, b) => b.room - a.room);
  }

  /** Where markers stand, so that no name is written across one. */
  function markers(map) {
    const layer = GridMap.layers.facilities, boxes = [];
    if (!layer || !layer.shown) return boxes;
    for (const shape of layer.shapes.values()) {
      const element = shape.getElement && shape.feature.geometry.type === "Point" && shape.getElement();
      if (!element || !element.offsetWidth) continue;
      const point = map.latLngToLayerPoint(shape.getLatLng());
      boxes.push({ x: point.x - 14, y: point.y - 14, w: 28, h: 28 });
    }
    return boxes;
  }

  function draw() {
    planned = false;
    const map = GridMap.map;
    if (!GridMap.open) return;
    if (!pane) {
      pane = map.createPane("gm-labels");
      pane.style.zIndex = 441;
      pane.setAttribute("aria-hidden", "true"); // names are said by the features themselves
      map.on("zoomstart", () => { pane.style.visibility = "hidden"; });
    }
    const placed = markers(map), nodes = [];
    if (!GridMap.hidden.has("labels")) {
      const view = map.getBounds();
      const order = GridMap.colour === "grid_cell"
        ? ["grid_cells", "buildings", "compounds", "facilities", "entrances", "ways"]
        : ["compounds", "buildings", "facilities", "entrances", "grid_cells", "ways"];
      for (const key of order) {
        for (const label of candidates(key, map, view)) {
          if (nodes.length >= MOST) break;
          if (placed.some(other => label.x < other.x + other.w && other.x < label.x + label.w
                                && label.y < other.y + other.h && other.y < label.y + label.h)) continue;
          // A road is many ways of one name: it is written once in a while.
          if (key === "ways" && placed.some(other => other.text === label.text && Math.hypot(other.x - label.x, other.y - label.y) < APART)) continue;
          placed.push(label);
          const node = el("span", { class: label.className }, label.text);
          L.DomUtil.setPosition(node, L.point(label.x, label.y).round());
          nodes.push(node);
        }
      }
    }
    pane.replaceChildren(...nodes);
    pane.style.visibility = "";
  }

  GridMap.labels = {
    /** Draw once, before the next frame, however often it is asked for. */
    plan() {
      if (planned) return;
      planned = true;
      requestAnimationFrame(draw);
    },

    /** Draw at once: a printer does not wait for a frame. */
    now: draw,
  };
}());
