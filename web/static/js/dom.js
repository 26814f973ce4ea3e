"use strict";
/**
 * Make an element. Strings become text nodes, so nothing that a person typed is ever read as markup;
 * functions become listeners (`onclick: open`); null and false leave an attribute out.
 */
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

/** One of the pictures of templates/icons.svg; it says nothing to screen readers, its button does. */
function icon(name, className) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", "#icon-" + name);
  picture.setAttribute("class", className ? "icon " + className : "icon");
  picture.setAttribute("aria-hidden", "true");
  picture.append(use);
  return picture;
}
