"use strict";
/** Brings the page together: what is asked, what the address says, what the panel shows. */
(function () {
  const PATIENCE = 130; // ms before the panel says that it waits; faster answers replace the old one directly
  const STALE = 600000; // ms out of sight after which the map is fetched anew
  let request = null, returnTo = null, closing = false, toFit = null;

  /** A sentence above the map; it goes when the next thing succeeds, or by hand. */
  Home.trouble = function trouble(text, remedy) {
    const strip = Home.$("trouble");
    strip.hidden = !text;
    strip.replaceChildren(...(text ? [el("span", {}, text), remedy || "",
      el("button", { type: "button", class: "close", "aria-label": t("Close"), onclick: () => Home.trouble("") }, icon("close"))] : []));
  };

  // ---- the address: #p=CODE or #at=lon,lat, and on=YYYY-MM-DD
  function written() {
    const parts = new URLSearchParams(window.location.hash.slice(1));
    const at = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(parts.get("at") || "");
    const asked = parts.get("p") ? { code: parts.get("p") } : at ? { lon: Number(at[1]), lat: Number(at[2]) } : null;
    return { asked, on: /^\d{4}-\d\d-\d\d$/.test(parts.get("on") || "") ? parts.get("on") : null };
  }

  function address() {
    const parts = [], { asked } = Home;
    if (asked) parts.push(asked.code ? "p=" + encodeURIComponent(asked.code) : `at=${asked.lon},${asked.lat}`);
    if (GridMap.day) parts.push("on=" + GridMap.day);
    return window.location.pathname + window.location.search + (parts.length ? "#" + parts.join("&") : "");
  }

  const here = () => window.location.pathname + window.location.search + window.location.hash;

  /**
   * Write what is on show into the address. Opening the panel is a step that "back" undoes, changing what it shows is
   * none; a page that was opened at such an address has no step before it.
   */
  Home.remember = function remember() {
    const { history } = window, open = Boolean(Home.asked), state = history.state || {};
    if (open && !state.open && address() !== here()) history.pushState({ open, pushed: true }, "", address());
    else history.replaceState({ open, pushed: open && Boolean(state.pushed) }, "", address());
  };

  // ---- asking
  const same = (one, other) => Boolean(one && other) && one.code === other.code && one.lon === other.lon && one.lat === other.lat;

  /**
   * Ask who is responsible for a place ({ code }) or a spot ({ lon, lat }).
   * `far` flies there, `fit` shows all of it, `stay` leaves the map, `keyboard` moves the focus into the panel.
   */
  Home.ask = async function ask(asked, { name, latlng, far = false, fit = false, stay = false, keyboard = false } = {}) {
    if (request) request.abort();
    const mine = request = new AbortController();
    const spot = latlng || (asked.code ? null : L.latLng(asked.lat, asked.lon));
    const found = asked.code && GridMap.find(asked.code);
    const again = same(asked, Home.asked);
    Home.asked = asked;
    toFit = null;
    returnTo = asked.code || null;
    GridMap.mark(asked.code, spot);
    if (Home.$("panel").dataset.level === "peek") Home.sheet.set("half");
    // To a spot of an address the map flies when something is known there; a tap is in view already.
    if (!stay && (found || !far)) look(found, spot, far, fit);
    Home.remember();
    const waiting = again ? 0 : setTimeout(() => Home.showWaiting(name || (found && found.feature.properties.name)), PATIENCE);
    try {
      const where = asked.code ? { place: asked.code } : { lon: asked.lon, lat: asked.lat };
      const answer = await GridMap.get("/api/responsible", GridMap.day ? { ...where, on: GridMap.day } : where, mine.signal);
      clearTimeout(waiting);
      take(answer, asked, { found, spot, stay, far });
    } catch (error) {
      clearTimeout(waiting);
      if (error.name === "AbortError") return;
      Home.answer = null;
      Home.showFault(error, () => Home.ask(asked, { stay: true }));
    }
    if (keyboard) Home.$("panel-title").focus({ preventScroll: true });
  };

  function look(found, spot, far, fit) {
    if (found && (fit || Home.isArea(found.feature.properties.kind)) && found.shape.getBounds) GridMap.fit(found.shape.getBounds());
    else if (found) GridMap.reveal(found.shape.getBounds ? found.shape.getBounds().getCenter() : found.shape.getLatLng(), { far });
    else if (spot) GridMap.reveal(spot, { far });
  }

  function take(answer, asked, { found, spot, stay, far }) {
    Home.answer = answer;
    if (!GridMap.day) Home.serverToday = answer.on;
    Home.trouble("");
    Home.showAnswer(answer);
    if (answer.community && (!Home.community || Home.community.id !== answer.community.code)) Home.setCommunity(answer.community.code);
    const own = answer.places[0], point = L.latLng(answer.point[1], answer.point[0]);
    // A tap in a yard marks the spot, a tap on or beside a house the house.
    const house = answer.places.find(place => place.kind === "building");
    if (!asked.code) GridMap.mark(house ? house.code : null, spot);
    if (found || stay) return;
    // Not loaded before; now its position is known.
    if (asked.code) GridMap.mark(asked.code, ["entrance", "building", "facility"].includes(own.kind) ? point : null);
    const area = asked.code && Home.isArea(own.kind);
    if (area) {
      toFit = asked.code;
      showOutline();
    }
    const shown = area && !toFit;
    if (!shown && (asked.code || far)) GridMap.reveal(point, { far: true });
  }

  /** Bring an area into view as a whole, as soon as its outline is there: it may come before or after the answer. */
  function showOutline() {
    const found = toFit && Home.asked && Home.asked.code === toFit && GridMap.find(toFit);
    if (!found || !found.shape.getBounds) return;
    toFit = null;
    GridMap.fit(found.shape.getBounds());
  }

  /** Back to the panel without an answer. */
  Home.close = function close() {
    if (!Home.asked) return;
    if (request) request.abort();
    const inside = Home.$("panel").contains(document.activeElement);
    Home.asked = Home.answer = null;
    GridMap.mark(null, null);
    Home.sheet.set("peek");
    Home.showIdle();
    if (window.history.state && window.history.state.pushed) {
      closing = true;
      window.history.back();
    } else {
      Home.remember();
    }
    if (inside) GridMap.keyboard.focus(returnTo);
  };

  function follow() {
    if (closing) {
      closing = false;
      Home.remember(); // the step before may carry another day than the one on show
      return;
    }
    const { asked, on } = written();
    if (on !== GridMap.day) {
      Home.asked = null;
      Home.setDay(on);
    }
    if (asked && !same(asked, Home.asked)) Home.ask(asked, { far: true });
    else if (!asked && Home.asked) {
      Home.asked = Home.answer = null;
      GridMap.mark(null, null);
      Home.sheet.set("peek");
      Home.showIdle();
    }
  }

  // ---- beginning
  GridMap.covered = () => {
    const bar = GridMap.toolbar ? GridMap.toolbar.getBoundingClientRect() : null;
    const stage = Home.$("stage").getBoundingClientRect();
    return [0, Home.sheet.phone() && bar ? bar.bottom - stage.top : 0, 0, Home.sheet.height()];
  };

  GridMap.on("pick", ({ code, latlng, keyboard }) => {
    const asked = code ? { code } : { lon: Number(latlng.wrap().lng.toFixed(6)), lat: Number(latlng.lat.toFixed(6)) };
    if (code) returnTo = code;
    Home.ask(asked, { keyboard });
  });

  let pending = 0;
  GridMap.on("loading", () => { pending += 1; Home.$("busy").hidden = false; });
  GridMap.on("loaded", () => { pending -= 1; if (!pending) Home.$("busy").hidden = true; });
  GridMap.on("trouble", ({ error }) => Home.trouble(Home.fault(error), error.base ? null : Home.remedy(error, () => { Home.trouble(""); GridMap.refresh(); })));
  GridMap.on("put", ({ key }) => {
    if (key === "compounds") Home.showIdle();
    showOutline();
    if (key === "community" && Home.community) Home.setCommunity(Home.community.id);
  });

  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && Home.asked) Home.close();
  });
  window.addEventListener("popstate", follow);
  window.addEventListener("hashchange", follow);
  let seen = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) seen = Date.now();
    else if (Date.now() - seen > STALE) GridMap.renew();
  });
  window.addEventListener("online", () => { Home.trouble(""); GridMap.refresh(); });
  window.addEventListener("offline", () => Home.trouble(Home.fault({ status: 0 })));
  for (const button of document.querySelectorAll("[data-reload]")) button.addEventListener("click", () => window.location.reload());

  async function begin() {
    const { asked, on } = written();
    GridMap.day = on;
    Home.beginDays();
    const locate = GridMap.button("locate", t("Where am I?"), event => Home.locate(event.currentTarget));
    GridMap.place("bottomright", el("div", { class: "gm-buttons" },
      GridMap.button("fit", t("Show the whole community"), () => Home.showWhole()), locate));
    Home.showIdle();
    try {
      if (!await Home.beginCommunities()) {
        Home.$("empty").hidden = false;
        Home.$("panel").hidden = true;
      } else if (asked) {
        await Home.ask(asked, { far: true });
      }
    } catch (error) {
      Home.trouble(Home.fault(error), Home.remedy(error, () => window.location.reload()));
    }
    document.documentElement.dataset.ready = "yes";
  }

  begin();
}());
