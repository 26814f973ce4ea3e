"use strict";
/** The panel before anything is asked: what to do, and the community as a list (the map for those who cannot see it). */
(function () {
  function compounds() {
    const layer = GridMap.layers.compounds, code = Home.community && Home.community.id;
    return [...layer.shapes.values()].map(shape => shape.feature).filter(feature => feature.properties.community === code);
  }

  function row(feature) {
    const place = feature.properties;
    return el("li", {},
      el("button", { type: "button", class: "row", onclick: () => Home.ask({ code: feature.id }, { fit: true }) },
        el("span", { class: "row-name" }, place.name),
        place.households ? el("span", { class: "row-fact" }, t("{n} households", { n: Home.count(place.households) })) : null,
        Number(place.vacant) > 0 ? el("span", { class: "state state-vacant" }, icon("vacant"), t("vacant posts: {n}", { n: Number(place.vacant) })) : null));
  }

  Home.showIdle = function showIdle() {
    if (Home.asked) return;
    const place = Home.community ? Home.community.properties : null;
    const facts = place ? [
      place.households ? t("{n} households", { n: Home.count(place.households) }) : "",
      place.residents ? t("{n} residents", { n: Home.count(place.residents) }) : "",
    ].filter(Boolean) : [];
    const list = place ? compounds() : [];
    Home.$("panel-body").replaceChildren(
      el("header", { class: "panel-head" },
        el("div", { class: "panel-title" },
          el("h2", { id: "panel-title", tabindex: "-1" }, place ? place.name : t("Who is responsible here")),
          el("p", { class: "hint" }, t("Touch a building, or any spot, to see who is responsible there.")))),
      facts.length ? el("p", { class: "facts" }, facts.join(" · ")) : "",
      place ? el("p", { class: "actions" }, el("button", { type: "button", class: "button", onclick: () => Home.ask({ code: Home.community.id }) }, t("The community's own posts"))) : "",
      list.length ? el("h3", { class: "list-title" }, t("Compounds")) : "",
      list.length ? el("ul", { class: "rows" }, ...list.map(row)) : "");
  };
}());
