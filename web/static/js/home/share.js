"use strict";
/** Takes an answer along: as text for WeChat, as an address. */
(function () {
  const numbered = person => [person.name, person.phone].filter(Boolean).join(" ");

  function line(entry) {
    const { acting, holder, role_name: role } = entry;
    if (entry.status === "filled") return t("{role}: {who}", { role, who: numbered(holder) });
    const words = [entry.status === "on_leave" ? t("{name} is on leave", { name: holder.name }) : t("vacant")];
    let why = "";
    if (acting) {
      const deputy = acting.role === entry.role ? t("Deputy") : acting.role_name;
      words.push(t("{role}: {who}", { role: deputy, who: numbered(acting) }));
      if (acting.why) why = t(" ({why})", { why: acting.why });
    }
    const who = words.join(t("; "));
    return t("{role}: {who}", { role, who }) + why;
  }

  /** The whole ladder as plain text, one post a line. */
  Home.asText = function asText(answer) {
    const [own, ...above] = answer.places;
    const title = above.filter(place => place.kind === "compound" || place.kind === "community").map(place => place.name).reverse();
    const place = [...title, Home.title(answer)].join(" ");
    const lines = [t("[Who is responsible] {place}", { place }), t("As of {day}", { day: Home.day(answer.on) })];
    if (answer.community && answer.community.sample) lines.push(t("Made-up sample: no real place, nobody real."));
    for (const { place: held, entries } of Home.levels(answer)) {
      const aside = held.code !== own.code;  // else two grid leaders, of cell and compound, could not be told apart
      lines.push(...entries.map(entry => (aside ? held.name + " " : "") + line(entry)));
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
