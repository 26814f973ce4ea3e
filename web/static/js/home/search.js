"use strict";
/** The search box: a combobox whose list comes from the server, best first. */
(function () {
  const PAUSE = 140; // ms without a key before the server is asked
  const box = Home.$("q"), list = Home.$("hits"), note = Home.$("hits-note");
  let hits = [], active = -1, timer = null, request = null, shownFor = "";

  function open(shown) {
    list.hidden = !shown;
    box.setAttribute("aria-expanded", String(shown));
    if (!shown) activate(-1);
  }

  function activate(index) {
    active = index;
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    const option = list.children[index];
    if (option && option.id) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  /** Where a hit lies; the community on show need not be said. */
  function where(hit) {
    const own = Home.community ? Home.community.properties.name : "", context = String(hit.context || "");
    if (context === own) return "";
    return own && context.startsWith(own + " · ") ? context.slice(own.length + 3) : context;
  }

  function option(hit, index) {
    const under = [hit.role_name, where(hit), ...(hit.aliases || [])].filter(Boolean).join(" · ");
    return el("li", {
      id: "hit-" + index, role: "option", "aria-selected": "false",
      // Not click: the box must not lose the focus before the choice is taken.
      onmousedown: event => event.preventDefault(),
      onclick: () => choose(index),
    },
    el("span", { class: "hit-kind" }, Home.kind(hit.kind)),
    el("span", { class: "hit-text" }, el("span", { class: "hit-name" }, hit.name), under ? el("span", { class: "hit-context" }, under) : null));
  }

  function message(text, remedy) {
    hits = [];
    list.replaceChildren(el("li", { class: "hit-message", role: "option", "aria-disabled": "true", "aria-selected": "false" }, text, remedy || null));
    note.textContent = text;
    open(true);
  }

  async function look() {
    const query = box.value.trim();
    if (request) request.abort();
    if (!query) {
      hits = [];
      shownFor = "";
      open(false);
      return;
    }
    const mine = request = new AbortController();
    try {
      const parameters = { q: query, limit: 8 };
      if (GridMap.day) parameters.on = GridMap.day;
      const answer = await GridMap.get("/api/search", parameters, mine.signal);
      hits = answer.hits.slice(0, 8);
      shownFor = query;
      if (!hits.length) {
        message(t("Nothing found for “{query}”. Try the number of the building, or part of a name.", { query }));
        return;
      }
      list.replaceChildren(...hits.map(option));
      open(document.activeElement === box);
      activate(0);
      note.textContent = t("{n} hits; arrow keys choose, Enter opens", { n: hits.length });
    } catch (error) {
      if (error.name !== "AbortError") message(Home.fault(error));
    } finally {
      if (request === mine) request = null;
    }
  }

  function choose(index) {
    const hit = hits[index];
    if (!hit) return;
    open(false);
    box.value = hit.name;
    box.blur();
    Home.ask({ code: hit.code }, { name: hit.name, far: true, keyboard: true, latlng: Number.isFinite(hit.lat) ? L.latLng(hit.lat, hit.lon) : null });
  }

  box.addEventListener("input", event => {
    if (event.isComposing) return; // pinyin on its way to characters is not yet a question
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  box.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  box.addEventListener("focus", () => {
    box.select();
    if (hits.length && shownFor === box.value.trim()) open(true);
  });
  box.addEventListener("blur", () => open(false));
  box.addEventListener("keydown", async event => {
    if (event.isComposing) return;
    const last = hits.length - 1;
    if (event.key === "ArrowDown" && last >= 0) {
      open(true);
      activate(active >= last ? 0 : active + 1);
    } else if (event.key === "ArrowUp" && last >= 0) {
      open(true);
      activate(active <= 0 ? last : active - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      if (shownFor !== box.value.trim()) await look();
      choose(Math.max(active, 0));
      return;
    } else if (event.key === "Escape") {
      if (list.hidden) box.value = "";
      open(false);
      event.stopPropagation();
    } else {
      return;
    }
    event.preventDefault();
  });

  // "/" is the way to the search box on many sites; it means nothing while somebody types.
  document.addEventListener("keydown", event => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    box.focus();
  });
}());
