"use strict";
/** How each layer looks: from which zoom it is shown, its style under each way of colouring, and its words. */
(function () {
  // Hues of Okabe and Ito, told apart by colour-blind eyes; thinned for areas, darkened for lines.
  const HUES = [
    { area: "#f7dca6", house: "#efc06a", line: "#7d5300" }, // orange
    { area: "#cfe7f7", house: "#9fd0ef", line: "#1c628d" }, // sky
    { area: "#bfe5d9", house: "#82cbb4", line: "#00614a" }, // green
    { area: "#f0d2e2", house: "#dfa9c6", line: "#84416a" }, // purple
    { area: "#f9f3c0", house: "#ece17c", line: "#6b6200" }, // yellow
    { area: "#f3d3bf", house: "#e6aa86", line: "#8f3c00" }, // vermilion
    { area: "#c6d9ea", house: "#92b7d6", line: "#00456e" }, // blue
    { area: "#dfe2e3", house: "#bcc4c7", line: "#414d53" }, // grey
  ];
  const NEUTRAL = { area: "#e6ecec", house: "#d5dfe2", line: "#5d727c" };
  const POSTS = [
    { key: "filled", fill: "#dfe9ec", line: "#5d727c" },
    { key: "leave", fill: "#fbe3b0", hatch: "url(#gm-hatch-leave)", line: "#7a4b00" },
    { key: "vacant", fill: "#f3b3a1", hatch: "url(#gm-hatch-vacant)", line: "#9c2f1b" },
    { key: "many", fill: "#d9694f", hatch: "url(#gm-hatch-many)", line: "#6d1408" },
  ];
  const MANY = 3; // vacant posts of one building, from which it counts as "many"; fixed, so that maps stay comparable

  const hueByCode = new Map();

  /** Give neighbours different hues, and each place always the same one once it has been seen. */
  function assignHues(features) {
    const boxes = features.map(feature => L.geoJSON(feature).getBounds().pad(0.02));
    features.forEach((feature, index) => {
      if (hueByCode.has(feature.id)) return;
      const used = new Array(HUES.length).fill(0);
      features.forEach((other, place) => {
        const hue = hueByCode.get(other.id);
        if (hue === undefined) return;
        used[hue] += boxes[index].intersects(boxes[place]) ? 1000 : 1;
      });
      hueByCode.set(feature.id, used.indexOf(Math.min(...used)));
    });
  }

  const hue = code => HUES[hueByCode.get(code)] || NEUTRAL;

  /** Which class of POSTS a building falls into. */
  function posts(properties) {
    const vacant = Number(properties.vacant) || 0;
    if (vacant >= MANY) return POSTS[3];
    if (vacant > 0) return POSTS[2];
    return Number(properties.on_leave) > 0 ? POSTS[1] : POSTS[0];
  }

  function building(feature, layer) {
    const place = feature.properties;
    if (GridMap.colour === "vacancy") {
      const look = posts(place);
      return { fillColor: (!layer.canvas && look.hatch) || look.fill, color: look.line, weight: 1.2, fillOpacity: 1 };
    }
    const { house, line } = hue(place[GridMap.colour]);
    return { fillColor: house, color: line, weight: 1.2, fillOpacity: .95 };
  }

  function area(colour) {
    return feature => {
      if (GridMap.colour !== colour) {
        return colour === "compound"
          ? { fill: false, weight: 2.4, color: "#5d727c" }
          : { fill: false, weight: 1.1, color: "#7d929b", dashArray: "2 4" };
      }
      const { area: fillColor, line } = hue(feature.id);
      return { fill: true, fillColor, fillOpacity: .55, weight: colour === "compound" ? 2.4 : 1.8, color: line, dashArray: null };
    };
  }

  const WAYS = {
    road: { color: "#fff", weight: 5, opacity: .95 },
    path: { color: "#b9a98a", weight: 1.8, dashArray: "4 4", opacity: .9 },
    wall: { color: "#5b5148", weight: 2.2 },
    gate: { color: "#2c7a4b", weight: 4 },
    barrier: { color: "#a8642a", weight: 2.2, dashArray: "1 4" },
  };

  /** Grounds by kind of facility; what is not listed is public land. */
  const GROUNDS = {
    green: "#bfdcae", park: "#b3d6a0", water: "#b5d9ea", parking: "#dcdfe3", square: "#ece4d2",
    playground: "#f0dfb8", fitness: "#f0dfb8", sports_ground: "#d9cfa8", school: "#e9d6c8", kindergarten: "#e9d6c8",
    clinic: "#e9d6c8", market: "#e9d6c8", public_building: "#d9cfc6",
  };
  /** Pictures of venues by kind of facility. */
  const PICTURES = {
    party_service_centre: "flag", station: "flag", civic_practice_station: "flag", deliberation_venue: "chat", pavilion: "chat",
    notice_board: "board", property_office: "tools", police_room: "shield", library: "book", canteen: "bowl",
    charging: "bolt", recycling: "bin", clinic: "cross", heating_station: "heat",
  };

  GridMap.looks = {
    HUES, POSTS, MANY, hue, posts, assignHues,
    community: {
      style: () => ({ weight: 0, fill: true, fillColor: "#f8faf9", fillOpacity: 1 }),
      // Its border lies above the cells, which end on it.
      border: { pane: "gm-border", fill: false, weight: 2.5, color: "#3d5560", dashArray: "12 5 2 5", interactive: false },
      whole: true,
    },
    compounds: { from: 11, style: area("compound"), hues: true },
    grid_cells: { from: 13, style: area("grid_cell"), hues: true },
    facilities: {
      from: 15,
      spots: "gm-spots", // markers stand above buildings, greens lie below them
      style: feature => ({ weight: 0, fill: true, fillColor: GROUNDS[feature.properties.facility_kind] || "#dfe0d8",
        // Lawns cover most of a compound; where the compound is coloured its colour must be seen.
        fillOpacity: feature.properties.compound && GridMap.colour !== "vacancy" ? .3 : .85 }),
      marker: (feature, latlng) => L.marker(latlng, {
        keyboard: false, bubblingMouseEvents: false,
        icon: L.divIcon({ className: PICTURES[feature.properties.facility_kind] === "flag" ? "gm-facility gm-major" : "gm-facility", iconSize: [28, 28], html: icon(PICTURES[feature.properties.facility_kind] || "pin") }),
      }),
      interactive: feature => feature.geometry.type === "Point",
    },
    ways: {
      from: 15,
      classOf: feature => "gm-way-" + feature.properties.kind,
      style: feature => WAYS[feature.properties.kind] || WAYS.path,
      // A bollard is a dot; a gate is where people go in.
      marker: (feature, latlng) => L.circleMarker(latlng, feature.properties.kind === "gate"
        ? { radius: 4, weight: 2, color: "#2c7a4b", fill: true, fillColor: "#fff", fillOpacity: 1 }
        : { radius: 1.5, weight: 0, fill: true, fillColor: WAYS.barrier.color, fillOpacity: .7 }),
    },
    buildings: { from: 13.5, style: building, interactive: () => true, className: "gm-building" },
    entrances: {
      from: 18,
      style: () => ({}),
      // The stroke is invisible but touchable: a door is a small mark and a thumb is not.
      marker: (feature, latlng) => L.circleMarker(latlng, { radius: 5, weight: 18, opacity: 0, color: "#17303b", fillColor: "#17303b", fillOpacity: 1 }),
      interactive: () => true,
      className: "gm-entrance",
    },

    /** What a feature is called aloud: its name, where it lies, what is wrong with its posts. */
    describe(feature) {
      const place = feature.properties, words = [place.name];
      for (const key of ["compound", "grid_cell"]) {
        const name = GridMap.looks.nameOf(place[key]);
        if (name && feature.id !== place[key]) words.push(name);
      }
      if (Number(place.vacant) > 0) words.push(t("vacant posts: {n}", { n: Number(place.vacant) }));
      else if (Number(place.on_leave) > 0) words.push(t("on leave: {n}", { n: Number(place.on_leave) }));
      return words.join(t(", "));
    },

    /** The name of a loaded place. */
    nameOf(code) {
      const found = code && GridMap.find(code);
      return found ? found.feature.properties.name : "";
    },
  };
}());
