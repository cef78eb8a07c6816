/** A place for numbers in the picture: as text in a size that fits, else as a heat map. */

import { circle, paint, rect, svg, text } from "./dom.js";
import { asText, ENTRIES, largest, scalar, sign } from "./numbers.js";
import { textWidth } from "./text.js";

/**
 * A heat map: strength by |value|, the sign also by a light core (negative) or a dot (exactly zero).
 * `signed` colours by sign, for derivatives; values stay ink. A vector lies flat, as a row.
 */
export function heatCells(numbers, { box, signed, middle }) {
  const [rows, cols] = numbers.cols === 1 ? [1, numbers.rows] : [numbers.rows, numbers.cols];
  const w = Math.min(box.w / cols, 16), h = Math.min(box.h / rows, 16), most = largest(numbers) || 1;
  const left = box.x + (box.w - w * cols) / (middle ? 2 : 1), top = box.y + (box.h - h * rows) / 2;
  const cells = Array.from(numbers.data).flatMap((value, i) => {
    const x = left + (i % cols) * w, y = top + Math.floor(i / cols) * h, hue = sign(scalar(value));
    const cell = rect(`cell ${signed || hue === "bad" ? hue : "ink"}`, x, y, w, h);
    cell.setAttribute("fill-opacity", hue === "bad" ? 1 : value && (0.2 + (0.8 * Math.abs(value)) / most).toFixed(3));
    if (value < 0) return [cell, rect("core", x + w * 0.2, y + h * 0.35, w * 0.6, h * 0.3)];
    return value === 0 ? [cell, circle("dot", x + w / 2, y + h / 2, Math.min(w, h) * 0.12)] : [cell];
  });
  return [...cells, rect("frame", left, top, w * cols, h * rows)];
}

/** The size below which a text of several numbers would be dropped where the stage is small: they have heat maps. */
const LEGIBLE = 15;

export function place(name, [x, y, w, h], baseline, sizes, options = {}) {
  const label = text(name, options.middle ? x + w / 2 : x + w, baseline);
  label.setAttribute("text-anchor", options.middle ? "middle" : "end");
  return { label, heat: svg("g"), box: { x, y, w, h }, sizes, digits: 4, ...options };
}

/**
 * Numbers in the first size that fits, else with fewer digits, else as a heat map. Null empties the place.
 * @returns {boolean} whether the text has another size than before
 */
export function showNumbers(at, numbers) {
  const { label, heat, box, sizes, digits, size: before } = at;
  let written = numbers ? asText(numbers, digits) : "";
  const fits = numbers?.kind === ENTRIES ? sizes.filter((size) => size >= LEGIBLE) : sizes;
  const fitting = () => fits.find((size) => textWidth(written, size) <= box.w);
  let size = written === null ? undefined : fitting();
  for (let d = digits - 1; !size && d > 0 && numbers.kind !== ENTRIES; d--) {
    written = asText(numbers, d);
    size = fitting();
  }
  const asHeat = !size && numbers?.kind === ENTRIES;
  paint(label, "", asHeat ? "" : written);
  if (asHeat || heat.firstChild) heat.replaceChildren(...(asHeat ? heatCells(numbers, at) : []));
  at.size = size ?? sizes.at(-1) ?? 0;
  paint(label, "font-size", at.size);
  return at.size !== before;
}
