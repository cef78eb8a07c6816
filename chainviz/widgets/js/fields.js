/** A text field for one exact number. */

import { html, listen, newId } from "./dom.js";
import { format } from "./numbers.js";

function parseNumber(text, { min = -Infinity, max = Infinity }) {
  const typed = text.trim(), plain = typed.replace(/\u2212/g, "-"), value = Number(plain);
  const example = min <= 0.5 && 0.5 <= max ? 0.5 : (min + max) / 2;
  const range = Number.isFinite(max - min) ? ` from ${format(min)} to ${format(max)}` : "";
  const fault = (what) => ({ message: `${what} Type a number${range}, such as ${format(example)}.` });
  if (!plain) return fault("The field is empty.");
  if (/^[-+]?\d*,\d+$/.test(plain)) {
    return { message: `‘${typed}’ has a comma. Write ${typed.replace(",", ".").replace("-", "−")}.` };
  }
  if (/^[-+]?(nan|inf(inity)?|\u221e)$/i.test(plain) || Math.abs(value) === Infinity) {
    return fault(`‘${typed}’ is not a finite number.`);
  }
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return fault(`‘${typed}’ is not a number.`);
  if (value < min || value > max) return fault(`${format(value)} is outside the range.`);
  return { value };
}

/** A text field for one exact number: four digits at rest, all of them while it is edited. */
export function numberField(label, range, apply, signal) {
  const id = newId("note"), note = html("div", { class: "note", id, role: "alert", hidden: "" });
  const input = html("input", { class: "field", type: "text", inputmode: "decimal",
    "aria-label": label, "aria-describedby": id });
  let current = NaN, written = "", editing = false;
  const complain = (message) => {
    note.hidden = !message;
    note.textContent = message;
    if (message) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  };
  const show = () => {
    written = input.value = editing ? String(current).replace(/-/g, "−") : format(current);
    complain("");
  };
  const commit = () => {
    if (input.value === written) return show();
    const { value, message } = parseNumber(input.value, range);
    if (message) return complain(message);
    current = value;
    show();
    apply(value);
  };
  listen(input, {
    focus() { editing = true; if (note.hidden) show(); input.select(); },
    blur() { editing = false; commit(); },
    keydown(event) {
      if (event.key === "Enter") { commit(); if (note.hidden) input.select(); }
      if (event.key === "Escape") show();
    },
  }, signal);
  const sync = (value, force = false) => {
    const changed = value !== current;
    current = value;
    if (force || (changed && !editing)) show();
  };
  return { input, note, sync };
}
