"use strict";
/** The card on paper: map with scale and north, the ladder, the contacts, where it is from and that it is internal. */
(function () {
  function people(answer) {
    const rows = [];
    for (const { place, entries } of Home.levels(answer)) {
      for (const entry of entries) {
        const holder = entry.holder ? [entry.holder.name, entry.holder.phone && Home.spaced(entry.holder.phone)].filter(Boolean).join("  ") : "";
        const deputy = entry.acting ? [entry.acting.name, entry.acting.phone && Home.spaced(entry.acting.phone)].filter(Boolean).join("  ") : "";
        rows.push(el("tr", {},
          el("td", {}, place.name), el("td", {}, entry.role_name),
          el("td", {}, entry.status === "vacant" ? el("b", {}, t("Vacant")) : holder,
            entry.status === "on_leave" ? el("b", {}, " " + t("On leave")) : null,
            deputy ? el("div", {}, deputy, el("small", {}, " " + (entry.acting.why || ""))) : null)));
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
        el("tr", {}, el("td", {}, label), el("td", {}, [name, phone, night && night !== phone ? t("24 hours") + " " + night : ""].filter(Boolean).join("  "))))));
  }

  function fill() {
    const { answer } = Home, place = answer ? answer.places[0] : null;
    const community = (answer && answer.community) || (Home.community && { name: Home.community.properties.name, sample: Home.community.properties.sample }) || {};
    Home.$("card").replaceChildren(
      el("header", {},
        el("h2", {}, place ? place.name : community.name || ""),
        el("p", {}, place ? answer.places.slice(1).map(one => one.name).join(" · ") : ""),
        el("p", {}, [community.name, t("As of {day}", { day: Home.day(GridMap.day || Home.now()) }), t("Internal use")].filter(Boolean).join("  |  ")),
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
