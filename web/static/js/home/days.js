"use strict";
/** The day on show: today, or any other day, and then the page says so loudly. */
(function () {
  let input, label, strip;

  function shift(days) {
    const day = new Date((GridMap.day || Home.now()) + "T00:00:00Z");
    day.setUTCDate(day.getUTCDate() + days);
    Home.setDay(day.toISOString().slice(0, 10));
  }

  /** Today where the community lies, as far as the server has said it. */
  Home.now = () => Home.serverToday || Home.today();

  function show() {
    const { day } = GridMap;
    strip.hidden = !day;
    label.textContent = day ? Home.day(day) : t("Today");
    input.value = day || Home.now();
    if (!day) return;
    strip.replaceChildren(
      el("span", {}, icon("calendar"), " ", day > Home.now()
        ? t("As planned for {day}, not today.", { day: Home.day(day) })
        : t("As it was on {day}, not today.", { day: Home.day(day) })),
      el("button", { type: "button", class: "button", onclick: () => Home.setDay(null) }, t("Back to today")));
  }

  /** Show another day; null is today. */
  Home.setDay = function setDay(day) {
    const wanted = day && day !== Home.now() && /^\d{4}-\d\d-\d\d$/.test(day) ? day : null;
    if (wanted === GridMap.day) {
      show();
      return;
    }
    GridMap.setDay(wanted);
    show();
    Home.remember();
    if (Home.asked) Home.ask(Home.asked, { stay: true });
  };

  Home.beginDays = function beginDays() {
    strip = Home.$("day-strip");
    label = el("span", {}, t("Today"));
    input = el("input", { type: "date", id: "day", min: "1950-01-01", max: "2099-12-31", required: true, onchange: () => { if (input.value) Home.setDay(input.value); } });
    const menu = el("details", { class: "menu gm-days" },
      el("summary", { class: "gm-box", title: t("Day on show") }, icon("calendar"), label),
      el("div", { class: "menu-body" },
        el("label", { class: "field", for: "day" }, t("Show who is responsible on")),
        el("div", { class: "day-row" },
          el("button", { type: "button", class: "button", "aria-label": t("One day back"), onclick: () => shift(-1) }, icon("back")),
          input,
          el("button", { type: "button", class: "button", "aria-label": t("One day on"), onclick: () => shift(1) }, icon("next"))),
        el("button", { type: "button", class: "button wide", onclick: () => { Home.setDay(null); menu.open = false; } }, t("Today"))));
    GridMap.toolbar.append(menu);
    show();
  };
}());
