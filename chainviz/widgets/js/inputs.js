/** The function's inputs: sliders, grids of fields, and what is only shown. */

import { box, html, listen } from "./dom.js";
import { numberField } from "./fields.js";
import { t } from "./messages.js";
import { format } from "./numbers.js";
import { runMarkup } from "./text.js";

function sliderControl(spec, get, change, signal) {
  const { min, max, step, label } = spec;
  const slider = html("input", { class: "slider", type: "range", min, max, step, "aria-label": label });
  const field = numberField(label, spec, (value) => { slider.value = value; change(value); }, signal);
  let held = false;
  listen(slider, {
    pointerdown() { held = true; },
    "pointerup pointercancel blur"() { held = false; },
    input() { field.sync(+slider.value, true); change(+slider.value); },
  }, signal);
  const sync = (value) => {
    slider.setAttribute("aria-valuetext", format(value));
    if (held) return; // never move what the user drags
    slider.value = value;
    field.sync(value);
  };
  return { top: field.input, body: [slider, field.note], sync };
}

/** A small table of number fields. A vector comes as n rows and one column, and is edited as one row. */
function gridControl({ label, ndim, rows, cols }, get, change, signal) {
  const flat = ndim === 1, width = flat ? rows * cols : cols;
  const fields = Array.from({ length: rows * cols }, (_, k) => {
    const r = Math.floor(k / width), c = k % width;
    const name = flat ? t("{0}, entry {1}", label, c + 1) : t("{0}, row {1}, column {2}", label, r + 1, c + 1);
    return numberField(name, {}, (value) => {
      const next = structuredClone(get());
      (flat ? next : next[r])[c] = value;
      change(next);
    }, signal);
  });
  const table = html("div", { class: "grid", role: "group", "aria-label": label, style: `--cols:${width}` },
    ...fields.map(({ input }) => input));
  return { top: "", body: [table, ...fields.map(({ note }) => note)],
    sync: (value) => value.flat().forEach((entry, k) => fields[k]?.sync(entry)) };
}

const fixedControl = (spec) => ({ top: "", body: [box("fixed", spec.text)], sync() {} });

const written = (value) => (Array.isArray(value) ? `[${value.map(written).join(", ")}]` : format(value));
/** A value that is shown, and that only Python changes. */
function lockedControl() {
  const text = box("locked");
  return { top: text, body: [], sync(value) { text.textContent = written(value); } };
}

/** What the inputs are in the page: with fewer controls, all are only shown. */
export const specsOf = (link) => link.get("inputs").map((spec) =>
  ((link.get("controls") ?? "full") !== "full" && spec.kind !== "fixed" ? { ...spec, kind: "locked" } : spec));

function createControls(container, specs, get, send, signal) {
  const kinds = { slider: sliderControl, grid: gridControl, locked: lockedControl };
  return specs.map((spec) => {
    const { name, kind } = spec, create = kinds[kind] ?? fixedControl;
    const control = create(spec, () => get()[name], (value) => send(name, value), signal);
    const label = html("span", { class: "input-name", "aria-hidden": "true" }, spec.label);
    container.append(box(`input ${kind === "slider" ? "" : "loose"}`, box("input-top", label, control.top),
      ...control.body));
    return { name, label, control };
  });
}

export function createInputs({ state, link }, { inputs: container }, signal) {
  let controls = [], lifetime = new AbortController(); // of the controls, whose listeners end with them
  const values = () => link.get("values");
  const send = (name, value) => link.save({ values: { ...values(), [name]: value } });
  const sync = () => {
    for (const { name, control } of controls) if (name in values()) control.sync(values()[name]);
  };
  /** The scene knows how a name is written, x₁ for x1. */
  const rename = ({ scene: { inputs, nodes } }) => {
    if (inputs.length !== controls.length) return;
    controls.forEach(({ label }, k) => label.replaceChildren(...runMarkup(nodes[inputs[k]].name)));
  };
  const build = () => {
    lifetime.abort();
    lifetime = new AbortController();
    container.replaceChildren();
    controls = createControls(container, specsOf(link), values, send, lifetime.signal);
    sync();
    if (state.scene) rename(state);
  };
  link.on("inputs controls", build);
  link.on("values", sync);
  signal.addEventListener("abort", () => lifetime.abort());
  build();
  return { rebuild: rename };
}
