"use strict";
/** Service contacts: touch what is wrong, read whom to call. */
(function () {
  let wanted = null; // the problem stays chosen from one building to the next: staff ask about lifts all morning

  function contact({ label, role_name: role, name, phone, phone_24h: night, instead }) {
    return el("div", { class: "contact" },
      el("div", { class: "rung-text" },
        el("p", { class: "role" }, role === name ? label : `${label} · ${role}`),
        el("p", { class: "holder" }, name),
        instead ? el("p", { class: "why" }, t("No contact is on record for this; {name} answers instead.", { name })) : null),
      el("div", { class: "numbers" },
        Home.call(name, phone),
        night && night !== phone ? el("div", {}, el("p", { class: "since" }, t("24 hours")), Home.call(name, night)) : null));
  }

  Home.services = function services(answer) {
    if (!answer.services || !answer.services.length) return "";
    const shown = el("div", { class: "contact-box", "aria-live": "polite" });
    const chips = answer.services.map(service => {
      const chip = el("button", { type: "button", class: "chip", "aria-pressed": "false", "data-problem": service.problem }, service.label);
      chip.addEventListener("click", () => choose(wanted === service.problem ? null : service.problem));
      return chip;
    });
    function choose(problem) {
      wanted = problem;
      const service = answer.services.find(item => item.problem === problem);
      for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.problem === problem));
      shown.replaceChildren(...(service ? [contact(service)] : []));
    }
    choose(wanted);
    return el("section", { class: "services", "aria-label": t("Whom to call for a problem") },
      el("div", { class: "chips" }, ...chips), shown);
  };
}());
