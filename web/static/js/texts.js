"use strict";
/**
 * The text of the page's language for an English message; `{name}` fields are filled in from `values`.
 * The catalogue is /static/i18n/<language>.js, made from the same .po as the templates' texts.
 */
function t(message, values) {
  const text = (window.MESSAGES && window.MESSAGES[message]) || message;
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (field, name) => (name in values ? String(values[name]) : field));
}
