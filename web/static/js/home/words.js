"use strict";
/** Home: what the parts of the page share, and how things are called. */
const Home = {
  asked: null, // { code } or { lon, lat } – what the panel answers
  answer: null,
  community: null, // the GeoJSON feature of the community on show

  $: id => document.getElementById(id),

  kind(kind) {
    switch (kind) {
      case "entrance": return t("Entrance");
      case "building": return t("Building");
      case "facility": return t("Venue");
      case "cluster": return t("Cluster");
      case "grid_cell": return t("Grid cell");
      case "compound": return t("Compound");
      case "community": return t("Community");
      case "person": return t("Person");
      case "organization": return t("Organization");
      default: return kind;
    }
  },

  /** Tell screen readers, once. */
  say(text) { Home.$("said").textContent = text; },

  /** What an answer is about, said so that it stands alone: a door is named with its house. */
  title({ places: [own, above] }) {
    const house = own.kind === "entrance" && above && above.kind === "building" ? above.name : "";
    return house && !own.name.startsWith(house) ? house + " " + own.name : own.name;
  },

  /** Whether a place is a stretch of land and not a spot on it. */
  isArea: kind => ["cluster", "grid_cell", "compound", "community"].includes(kind),

  /** A count with its thousands apart. */
  count: number => new Intl.NumberFormat(document.documentElement.lang).format(number),

  /** A number as people read it: 139 0000 0001. */
  spaced(phone) {
    return /^1\d{10}$/.test(phone) ? phone.replace(/(\d{3})(\d{4})(\d{4})/, "$1 $2 $3") : phone;
  },

  /** The address that dials a number; null for what cannot be dialled. */
  dial(phone) {
    const number = String(phone || "").replace(/[^\d+*#]/g, "");
    return number.length >= 3 ? "tel:" + number : null;
  },

  /** The button that calls somebody; says so where no number is on record. */
  call(name, phone, className) {
    if (!phone) return el("span", { class: "no-phone" }, t("no number"));
    const address = Home.dial(phone);
    if (!address) return el("span", { class: "no-phone" }, phone);
    return el("a", { class: className ? "call " + className : "call", href: address, "aria-label": t("Call {name}, {phone}", { name, phone: Home.spaced(phone) }) },
      icon("phone"), el("span", {}, Home.spaced(phone)));
  },

  /** What went wrong, as a sentence that names the next step. */
  fault(error) {
    if (error.base) return t("The server of the base map does not answer; the map works without it.");
    if (error.status === 0) return t("The server does not answer. Is this device still in the network?");
    if (error.status === 401) return t("Your session has ended. Sign in again; you come back to this place.");
    return error.detail || t("The server could not answer (code {status}). Try again in a minute.", { status: error.status });
  },

  /** Where to sign in so that one comes back to exactly this place and day. */
  signIn() {
    return "/sign-in?next=" + encodeURIComponent(window.location.pathname + window.location.search + window.location.hash);
  },

  /** The button that mends a fault, if one can. */
  remedy(error, again) {
    if (error.status === 401) return el("a", { class: "button primary", href: Home.signIn() }, t("Sign in"));
    if (error.status === 404 || error.status === 400) return null;
    return el("button", { type: "button", class: "button primary", onclick: again }, t("Try again"));
  },

  today() {
    const now = new Date(), two = number => String(number).padStart(2, "0");
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  },

  /** A day as people write it. */
  day(text) {
    if (!/^\d{4}-\d\d-\d\d$/.test(text || "")) return text || "";
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" });
    return format.format(new Date(text + "T00:00:00Z"));
  },
};
