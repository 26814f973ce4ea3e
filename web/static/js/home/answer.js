"use strict";
/** The ladder: who is responsible, the nearest first, with who acts where nobody is. */
(function () {
  const ORDER = ["entrance", "building", "facility", "cluster", "grid_cell", "compound", "community"];

  function status(entry) {
    if (entry.status === "vacant") return el("span", { class: "state state-vacant" }, icon("vacant"), t("Vacant"));
    if (entry.status === "on_leave") return el("span", { class: "state state-leave" }, icon("leave"), t("On leave"));
    return null;
  }

  function since(entry) {
    if (!entry.since) return null;
    const words = entry.status === "vacant" ? t("vacant since {day}", { day: Home.day(entry.since) }) : t("since {day}", { day: Home.day(entry.since) });
    return el("p", { class: "since" }, words);
  }

  /** Who acts for an empty post, and why. */
  function acting(entry) {
    const { acting: deputy } = entry;
    if (!deputy) return null;
    return el("div", { class: "acting" },
      el("p", {}, el("span", { class: "acting-role" }, deputy.role === entry.role ? t("Deputy") : deputy.role_name || ""),
        " ", el("b", {}, deputy.name || "")),
      el("p", { class: "why" }, deputy.why || ""));
  }

  function rung(entry, first = false) {
    const answering = entry.acting || entry.holder || {};
    return el("li", { class: "rung rung-" + entry.status },
      el("div", { class: "rung-text" },
        el("p", { class: "role" }, el("span", {}, entry.role_name), status(entry)),
        entry.holder ? el("p", { class: "holder" }, entry.holder.name) : null,
        since(entry), acting(entry)),
      answering.name || answering.phone ? Home.call(answering.name || entry.role_name, answering.phone, first ? "call-first" : "") : null);
  }

  /** The chain by place: one block for every level, an entrance apart. */
  function levels(answer) {
    const blocks = [];
    for (const entry of answer.chain) {
      const last = blocks[blocks.length - 1];
      if (last && last.place.code === entry.place.code) last.entries.push(entry);
      else blocks.push({ place: entry.place, entries: [entry] });
    }
    return blocks;
  }

  function ladder(answer) {
    const own = answer.places[0], blocks = levels(answer);
    const doors = blocks.filter(block => block.place.kind === "entrance" && block.place.code !== own.code);
    const rest = blocks.filter(block => !doors.includes(block));
    // The one to call first: the nearest post of the place itself. Of six entrances none is nearer than another.
    const nearest = rest.length ? rest[0].entries[0] : null;
    const items = rest.map(({ place, entries }) => el("li", { class: "level" },
      el("h3", { class: "level-name" }, el("span", { class: "level-kind" }, Home.kind(place.kind)),
        place.code === own.code ? null : el("span", {}, place.name)),
      el("ul", {}, ...entries.map(entry => rung(entry, entry === nearest)))));
    if (doors.length) {
      items.unshift(el("li", { class: "level level-doors" },
        el("h3", { class: "level-name" }, el("span", { class: "level-kind" }, t("Entrances"))),
        el("ul", {}, ...doors.map(({ place, entries }) => el("li", { class: "door" },
          el("button", { type: "button", class: "door-name", onclick: () => Home.ask({ code: place.code }, { reveal: true }) }, shortDoor(place.name, own.name)),
          el("ul", {}, ...entries.map(entry => rung(entry))))))));
    }
    return el("ol", { class: "ladder" }, ...items);
  }

  /** "3号楼2单元" under the heading "3号楼" is "2单元". */
  function shortDoor(name, building) {
    const rest = name.startsWith(building) ? name.slice(building.length).trim() : name;
    return rest || name;
  }

  function heading(answer) {
    const [own, ...above] = answer.places;
    const facts = [];
    if (own.households) facts.push(t("{n} households", { n: Home.count(own.households) }));
    // From the large to the small, as addresses are written.
    const trail = above.filter(place => place.kind !== "community" || above.length === 1).reverse();
    return el("header", { class: "panel-head" },
      el("div", { class: "panel-title" },
        el("p", { class: "kind" }, Home.kind(own.kind)),
        el("h2", { id: "panel-title", tabindex: "-1" }, Home.title(answer)),
        el("p", { class: "trail" }, ...trail.map(place =>
          el("button", { type: "button", class: "trail-place", onclick: () => Home.ask({ code: place.code }) }, place.name)),
        facts.length ? el("span", { class: "facts" }, facts.join(" · ")) : null),
        answer.match === "nearest"
          ? el("p", { class: "note nearest" }, t("The nearest building, {n} m away.", { n: Math.round(answer.distance_m) })) : null),
      el("button", { type: "button", class: "close", "aria-label": t("Close"), onclick: () => Home.close() }, icon("close")));
  }

  function households(answer) {
    if (!answer.households || !answer.households.length) return null;
    return el("details", { class: "section" },
      el("summary", {}, icon("home"), t("Household posts"), el("span", { class: "count" }, String(answer.households.length)),
        el("span", { class: "only" }, t("office only"))),
      el("ul", { class: "plain-list" }, ...answer.households.map(({ role_name: role, place, holder, note }) =>
        el("li", { class: "rung" },
          el("div", { class: "rung-text" },
            el("p", { class: "role" }, role),
            el("p", { class: "holder" }, holder.name),
            el("p", { class: "since" }, [place.name, note].filter(Boolean).join(" · "))),
          Home.call(holder.name, holder.phone)))));
  }

  function channels(answer) {
    if (!answer.channels || !answer.channels.length) return null;
    return el("details", { class: "section" },
      el("summary", {}, icon("chat"), t("WeChat groups"), el("span", { class: "count" }, String(answer.channels.length))),
      el("ul", { class: "plain-list" }, ...answer.channels.map(({ name }) =>
        el("li", { class: "channel" }, el("span", {}, name),
          el("button", { type: "button", class: "small", "aria-label": t("Copy the name {name}", { name }), onclick: event => Home.copy(name, event.currentTarget) }, icon("copy"))))));
  }

  function tools(answer) {
    return el("div", { class: "tools" },
      el("button", { type: "button", class: "button", onclick: event => Home.copy(Home.asText(answer), event.currentTarget) }, icon("copy"), el("span", {}, t("Copy as text"))),
      el("button", { type: "button", class: "button", onclick: event => Home.copy(window.location.href, event.currentTarget) }, icon("link"), el("span", {}, t("Copy link"))),
      // WeChat's browser cannot print; a button that does nothing would only annoy.
      /MicroMessenger/i.test(navigator.userAgent) ? null
        : el("button", { type: "button", class: "button", onclick: () => window.print() }, icon("print"), el("span", {}, t("Print card"))));
  }

  Home.levels = answer => levels(answer).sort((a, b) => ORDER.indexOf(a.place.kind) - ORDER.indexOf(b.place.kind));

  /** Show an answer in the panel. */
  Home.showAnswer = function showAnswer(answer) {
    Home.$("panel-body").replaceChildren(
      heading(answer), Home.services(answer), ladder(answer),
      ...[households(answer), channels(answer)].filter(Boolean), tools(answer));
    Home.$("panel-body").scrollTop = 0;
    const vacant = answer.chain.filter(entry => entry.status === "vacant").length;
    const first = answer.chain.find(entry => entry.holder || entry.acting) || {};
    const { name } = first.acting || first.holder || {};
    Home.say([Home.title(answer), first.role_name && name ? `${first.role_name} ${name}` : "",
      vacant ? t("vacant posts: {n}", { n: vacant }) : t("all posts filled")].filter(Boolean).join(t(", ")));
  };

  /** What stands in the panel until the answer comes: the name at once, the rest as grey bars. */
  Home.showWaiting = function showWaiting(name) {
    Home.$("panel-body").replaceChildren(
      el("header", { class: "panel-head" },
        el("div", { class: "panel-title" }, el("h2", { id: "panel-title", tabindex: "-1" }, name || t("Looking up…"))),
        el("button", { type: "button", class: "close", "aria-label": t("Close"), onclick: () => Home.close() }, icon("close"))),
      el("div", { class: "waiting", "aria-busy": "true" }, ...[1, 2, 3, 4].map(() => el("span", {}))));
  };

  /** Why there is no answer, and what to do. */
  Home.showFault = function showFault(error, again) {
    const title = error.status === 404 ? t("Nobody on record here") : t("No answer");
    const next = error.status === 404 && !error.hint
      ? t("Touch a place inside the community, or search for it.") : null;
    const remedy = Home.remedy(error, again);
    Home.$("panel-body").replaceChildren(
      el("header", { class: "panel-head" },
        el("div", { class: "panel-title" }, el("h2", { id: "panel-title", tabindex: "-1" }, title)),
        el("button", { type: "button", class: "close", "aria-label": t("Close"), onclick: () => Home.close() }, icon("close"))),
      el("p", { class: "note", role: "alert" }, Home.fault(error)),
      next ? el("p", { class: "hint" }, next) : "",
      remedy ? el("p", { class: "actions" }, remedy) : "");
  };
}());
