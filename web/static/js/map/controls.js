"use strict";
/** What stands on the map: how it is coloured, which layers it shows, the legend, the scale, zoom. */
(function () {
  const COLOURS = [["compound", "Compounds"], ["grid_cell", "Grid cells"], ["vacancy", "Vacancies"]];
  const CHOICES = [
    { keys: ["labels"], name: "Names" },
    { keys: ["facilities"], name: "Greens and venues" },
    { keys: ["ways"], name: "Walls, gates and paths" },
    { keys: ["grid_cells"], name: "Grid cell borders" },
  ];
  const SHOWN_IN_LEGEND = { compounds: 10, grid_cells: 6 }; // cells are many, and their names stand on the map
  const store = {
    get(key) { try { return window.localStorage.getItem("gridmap." + key); } catch (error) { return null; } },
    set(key, value) { try { window.localStorage.setItem("gridmap." + key, value); } catch (error) { /* storage is off: the choice lasts for this page */ } },
  };

  // Texts are looked up here, where the catalogue's tool can read them.
  const words = {
    Compounds: () => t("Compounds"), "Grid cells": () => t("Grid cells"), Vacancies: () => t("Vacancies"),
    Names: () => t("Names"), "Greens and venues": () => t("Greens and venues"),
    "Walls, gates and paths": () => t("Walls, gates and paths"), "Grid cell borders": () => t("Grid cell borders"),
  };

  function colourChoice() {
    const stored = store.get("colour");
    if (COLOURS.some(([key]) => key === stored)) GridMap.colour = stored;
    return el("fieldset", { class: "gm-colours gm-box" },
      el("legend", { class: "hidden" }, t("Colour by")),
      ...COLOURS.map(([key, name]) => el("label", {},
        el("input", {
          type: "radio", name: "gm-colour", value: key, checked: key === GridMap.colour,
          onchange: () => { store.set("colour", key); GridMap.setColour(key); },
        }),
        el("span", {}, words[name]()))));
  }

  function layerChoice() {
    return el("details", { class: "menu gm-layers" },
      el("summary", { class: "gm-box", "aria-label": t("Layers"), title: t("Layers") }, icon("layers")),
      el("div", { class: "menu-body" },
        ...CHOICES.map(({ keys, name }) => {
          const off = store.get("off." + keys[0]) === "1";
          if (off) keys.forEach(key => GridMap.hidden.add(key));
          return el("label", { class: "gm-check" },
            el("input", {
              type: "checkbox", checked: !off,
              onchange: event => {
                store.set("off." + keys[0], event.target.checked ? "0" : "1");
                GridMap.setShown(keys, event.target.checked);
                legend.plan();
              },
            }), words[name]());
        })));
  }

  function swatch(fill, line, dashed) {
    const space = "http://www.w3.org/2000/svg", picture = document.createElementNS(space, "svg"), shape = document.createElementNS(space, fill ? "rect" : "path");
    picture.setAttribute("class", "gm-swatch");
    picture.setAttribute("viewBox", "0 0 26 16");
    picture.setAttribute("aria-hidden", "true");
    const attributes = fill
      ? { x: 1, y: 1, width: 24, height: 14, rx: 2, fill, stroke: line, "stroke-width": 1.5 }
      : { d: "M1 8h24", stroke: line, "stroke-width": 3, fill: "none", "stroke-dasharray": dashed || "none" };
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    picture.append(shape);
    return picture;
  }

  const legend = {
    box: null,
    planned: false,

    plan() {
      if (legend.planned || !legend.box) return;
      legend.planned = true;
      requestAnimationFrame(() => { legend.planned = false; legend.draw(); });
    },

    draw() {
      if (!GridMap.open) return;
      const rows = GridMap.colour === "vacancy" ? legend.posts() : legend.territories(GridMap.colour === "compound" ? "compounds" : "grid_cells");
      legend.list.replaceChildren(...rows, ...legend.ways());
      legend.box.hidden = !legend.list.firstChild;
    },

    posts() {
      const counts = {}, view = GridMap.map.getBounds(), { POSTS, MANY, posts } = GridMap.looks;
      const buildings = GridMap.layers.buildings;
      if (!buildings || !buildings.shown) return [];
      for (const { feature, getBounds } of [...buildings.shapes.values()].map(shape => ({ feature: shape.feature, getBounds: () => shape.getBounds() }))) {
        if (!view.intersects(getBounds())) continue;
        const { key } = posts(feature.properties);
        counts[key] = (counts[key] || 0) + 1;
      }
      const texts = {
        filled: t("all posts filled"), leave: t("somebody on leave"),
        vacant: t("1 to {n} posts vacant", { n: MANY - 1 }), many: t("{n} or more posts vacant", { n: MANY }),
      };
      return POSTS.map(({ key, fill, hatch, line }) => el("li", {},
        swatch((!buildings.canvas && hatch) || fill, line), el("span", {}, texts[key]),
        el("span", { class: "gm-count" }, String(counts[key] || 0))));
    },

    territories(key) {
      const layer = GridMap.layers[key], view = GridMap.map.getBounds();
      if (!layer || !layer.shown) return [];
      const shown = [...layer.shapes.values()].filter(shape => view.intersects(shape.getBounds()));
      const rows = shown.slice(0, SHOWN_IN_LEGEND[key]).map(({ feature }) => {
        const { house, line } = GridMap.looks.hue(feature.id);
        return el("li", {}, swatch(house, line), el("span", {}, feature.properties.name));
      });
      const rest = shown.length - rows.length;
      if (rest > 0) rows.push(el("li", { class: "gm-rest" }, t("and {n} more", { n: rest })));
      return rows;
    },

    ways() {
      const layer = GridMap.layers.ways;
      if (!layer || !layer.shown || !layer.shapes.size) return [];
      const kinds = new Set([...layer.shapes.values()].map(shape => shape.feature.properties.kind));
      const rows = [["wall", swatch(null, "#5b5148"), t("wall")], ["gate", swatch(null, "#2c7a4b"), t("gate")],
        ["path", swatch(null, "#b9a98a", "4 3"), t("path")], ["barrier", swatch(null, "#a8642a", "1 4"), t("barrier")]];
      return rows.filter(([kind]) => kinds.has(kind) && (kind === "wall" || !GridMap.far())).map(([, picture, text], index) =>
        el("li", { class: index ? null : "gm-first" }, picture, el("span", {}, text)));
    },
  };

  /** Put an element of ours on the map, where touching it does not touch the map. */
  function place(position, element) {
    const control = L.control({ position });
    control.onAdd = () => {
      L.DomEvent.disableClickPropagation(element);
      L.DomEvent.disableScrollPropagation(element);
      return element;
    };
    return control.addTo(GridMap.map);
  }

  GridMap.store = store;
  GridMap.place = place;

  /** A square button of the map. */
  GridMap.button = (name, text, onclick) =>
    el("button", { type: "button", class: "gm-button gm-box", "aria-label": text, title: text, onclick }, icon(name));

  GridMap.controls = function controls(map) {
    GridMap.begin(map);
    GridMap.toolbar = el("div", { class: "gm-toolbar" }, colourChoice(), layerChoice());
    place("topleft", GridMap.toolbar);
    L.control.zoom({ position: "bottomright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 120 }).addTo(map);
    legend.list = el("ul", {});
    // On a phone the legend would cover what it explains: it is folded there until somebody asks.
    legend.box = el("details", { class: "gm-legend gm-box", open: window.matchMedia("(min-width: 45.01rem)").matches },
      el("summary", {}, t("Legend")), legend.list);
    legend.box.hidden = true;
    place("bottomleft", legend.box);
    for (const name of ["colours", "put"]) GridMap.events.on(name, legend.plan);
    map.on("moveend", legend.plan);
    GridMap.keyboard.begin(map);
    const inlined = Object.values(GridMap.layers).every(layer => layer.source.id);
    const group = L.layerGroup();
    if (inlined) group.on("add", () => showAll());
    return group;
  };

  /** A single file or a notebook shows everything it holds. */
  function showAll() {
    const bounds = L.latLngBounds([]);
    for (const layer of Object.values(GridMap.layers)) {
      for (const shape of layer.shapes.values()) bounds.extend(shape.getBounds ? shape.getBounds() : shape.getLatLng());
    }
    if (bounds.isValid()) GridMap.start(bounds.pad(.02));
  }
}());
