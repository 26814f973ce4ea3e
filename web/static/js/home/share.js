"use strict";
/** Takes an answer along: as text for WeChat, as an address. */
(function () {
  function line(entry) {
    const number = person => [person.name, person.phone].filter(Boolean).join(" ");
    const role = entry.role_name;
    if (entry.status === "filled") return t("{role}: {who}", { role, who: number(entry.holder) });
    const who = entry.acting ? t("{role}: {who}", { role: entry.acting.role === entry.role ? t("Deputy") : entry.acting.role_name, who: number(entry.acting) }) : "";
    const why = entry.acting && entry.acting.why ? t(" ({why})", { why: entry.acting.why }) : "";
    const holder = entry.status === "on_leave" ? t("{name} is on leave", { name: entry.holder.name }) : t("vacant");
    return t("{role}: {who}", { role, who: [holder, who].filter(Boolean).join(t("; ")) }) + why;
  }

  /** The whole ladder as plain text, one post a line. */
  Home.asText = function asText(answer) {
    const [own, ...above] = answer.places;
    const title = above.filter(place => place.kind === "compound" || place.kind === "community").map(place => place.name).reverse();
    const lines = [t("[Who is responsible] {place}", { place: [...title, own.name].join(" ") }), t("As of {day}", { day: Home.day(answer.on) })];
    if (answer.community && answer.community.sample) lines.push(t("Made-up sample: no real place, nobody real."));
    for (const { place, entries } of Home.levels(answer)) {
      const aside = place.code !== own.code && (place.kind === "entrance" || place.kind === "grid_cell" || place.kind === "cluster");
      lines.push(...entries.map(entry => (aside ? place.name + " " : "") + line(entry)));
    }
    return lines.join("\n");
  };

  /** Put text on the clipboard by whatever way this browser has; else show it to be copied by hand. */
  Home.copy = async function copy(text, button) {
    const done = await viaClipboard(text) || viaSelection(text);
    if (done) {
      Home.say(t("Copied."));
      if (button) flash(button, t("Copied"));
    } else {
      byHand(text);
    }
  };

  async function viaClipboard(text) {
    // Over plain http there is no clipboard, and WeChat's browser refuses it.
    if (!navigator.clipboard || !window.isSecureContext) return false;
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      return false;
    }
  }

  function viaSelection(text) {
    const box = el("textarea", { class: "hidden", readonly: true, "aria-hidden": "true", tabindex: "-1" });
    const before = document.activeElement;
    box.value = text;
    document.body.append(box);
    box.select();
    box.setSelectionRange(0, text.length);
    let done = false;
    try {
      done = document.execCommand("copy");
    } catch (error) {
      done = false;
    }
    box.remove();
    if (before && before.focus) before.focus({ preventScroll: true });
    return done;
  }

  function byHand(text) {
    const box = el("textarea", { class: "by-hand", readonly: true, rows: "8" });
    box.value = text;
    const note = el("div", { class: "by-hand-box", role: "dialog", "aria-label": t("Copy by hand") },
      el("p", {}, t("This browser does not let pages copy. Press and hold the text, choose all, copy.")), box,
      el("button", { type: "button", class: "button primary wide", onclick: () => note.remove() }, t("Done")));
    const old = document.querySelector(".by-hand-box");
    if (old) old.remove();
    Home.$("panel-body").append(note);
    note.scrollIntoView({ block: "end" });
    box.focus();
    box.select();
  }

  function flash(button, text) {
    const label = button.querySelector("span");
    button.classList.add("done");
    if (label) {
      label.dataset.text = label.dataset.text || label.textContent;
      label.textContent = text;
    }
    setTimeout(() => {
      button.classList.remove("done");
      if (label) label.textContent = label.dataset.text;
    }, 1600);
  }
}());
