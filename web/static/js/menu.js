"use strict";
// Menus are <details>: they open and close without this script, which only closes them when somebody turns away.
document.addEventListener("click", event => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  }
}, true);

// What the page shows stands in the address after #; a change of language must not lose it.
for (const link of document.querySelectorAll("[data-keeps-fragment]")) {
  link.addEventListener("click", () => { link.hash = window.location.hash; });
}
