/** A text field for one exact number. */

import { html, listen, newId } from "./dom.js";
import { t } from "./messages.js";
import { format } from "./numbers.js";

function parseNumber(text, { min = -Infinity, max = Infinity }) {
  const typed = text.trim(), plain = typed.replace(/\u2212/g, "-"), value = Number(plain);
  const example = min <= 0.5 && 0.5 <= max ? 0.5 : (min + max) / 2;
  const hint = Number.isFinite(max - min)
    ? t("Type a number from {0} to {1}, such as {2}.", format(min), format(max), format(example))
    : t("Type a number, such as {0}.", format(example));
  const fault = (what) => ({ message: `${what} ${hint}` });
  if (!plain) return fault(t("The field is empty."));
  if (/^[-+]?\d*,\d+$/.test(plain)) {
    return { message: t("‘{0}’ has a comma. Write {1}.", typed, typed.replace(",", ".").replace("-", "−")) };
  }
  if (/^[-+]?(nan|inf(inity)?|\u221e)$/i.test(plain) || Math.abs(value) === Infinity) {
    return fault(t("‘{0}’ is not a finite number.", typed));
  }
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return fault(t("‘{0}’ is not a number.", typed));
  if (value < min || value > max) return fault(t("{0} is outside the range.", format(value)));
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
