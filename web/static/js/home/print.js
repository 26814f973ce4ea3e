"use strict";
/** The card on paper: map with scale and north, the ladder, the contacts, where it is from and that it is internal. */
(function () {
  const numbered = person => [person.name, person.phone && Home.spaced(person.phone)].filter(Boolean).join("  ");

  function holder(entry) {
    return el("div", {}, entry.status === "vacant" ? el("b", {}, t("Vacant")) : numbered(entry.holder),
      entry.status === "on_leave" ? el("b", {}, " " + t("On leave")) : null,
      entry.acting ? el("div", {}, numbered(entry.acting), el("small", {}, " " + (entry.acting.why || ""))) : null);
  }

  /** A row for each post of a place; the holders of one post stand below each other, a place is named once. */
  function people(answer) {
    const rows = [];
    for (const { place, entries } of Home.levels(answer)) {
      const posts = new Map();
      for (const entry of entries) posts.set(entry.role, [...(posts.get(entry.role) || []), entry]);
      let name = place.name;
      for (const post of posts.values()) {
        rows.push(el("tr", {}, el("td", {}, name), el("td", {}, post[0].role_name), el("td", {}, ...post.map(holder))));
        name = "";
      }
    }
    return el("table", {},
      el("thead", {}, el("tr", {}, el("th", {}, t("Place")), el("th", {}, t("Post")), el("th", {}, t("Name and number")))),
      el("tbody", {}, ...rows));
  }

  function contacts(answer) {
    return el("table", { class: "contacts" },
      el("thead", {}, el("tr", {}, el("th", {}, t("Problem")), el("th", {}, t("Name and number")))),
      el("tbody", {}, ...answer.services.map(({ label, name, phone, phone_24h: night }) =>
        el("tr", {}, el("td", {}, label), el("td", {}, [name, phone && Home.spaced(phone), night && night !== phone ? t("24 hours") + " " + night : ""].filter(Boolean).join("  "))))));
  }

  function fill() {
    const { answer } = Home, place = answer ? answer.places[0] : null;
    const community = (answer && answer.community) || (Home.community && { name: Home.community.properties.name, sample: Home.community.properties.sample }) || {};
    Home.$("card").replaceChildren(
      el("header", {},
        el("h2", {}, place ? Home.title(answer) : community.name || ""),
        el("p", {}, place ? answer.places.slice(1).map(one => one.name).join(" · ") : ""),
        el("p", {}, [community.name, community.office_phone ? t("Office {phone}", { phone: community.office_phone }) : "",
          t("As of {day}", { day: Home.day(GridMap.day || Home.now()) }), t("Internal use")].filter(Boolean).join("  |  ")),
        community.sample ? el("p", { class: "card-sample" }, t("Made-up sample: no real place, nobody real.")) : ""),
      answer ? people(answer) : "",
      answer && answer.services && answer.services.length ? contacts(answer) : "");
  }

  let view = null;
  window.addEventListener("beforeprint", () => {
    const { map } = GridMap;
    fill();
    view = { centre: map.getCenter(), zoom: map.getZoom() };
    document.documentElement.classList.add("printing");
    map.invalidateSize({ animate: false, pan: false });
    const marked = Home.answer && GridMap.find(Home.answer.places[0].code);
    if (marked && marked.shape.getBounds) map.fitBounds(marked.shape.getBounds().pad(.6), { animate: false, maxZoom: 18 });
    else if (Home.answer) map.setView(L.latLng(Home.answer.point[1], Home.answer.point[0]), map.getZoom(), { animate: false });
    GridMap.labels.now();
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    GridMap.map.invalidateSize({ animate: false, pan: false });
    if (view) GridMap.map.setView(view.centre, view.zoom, { animate: false });
  });
}());
