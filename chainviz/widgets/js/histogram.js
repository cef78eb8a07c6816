/** Numbers in full, as a hover card shows them: one, a small table, a heat map, or a histogram with its range. */

import { box, html, math, rect, svg } from "./dom.js";
import { mathNumbers, writable } from "./formulas.js";
import { t } from "./messages.js";
import { ENTRIES, finite, format, NORM, read } from "./numbers.js";
import { heatCells } from "./places.js";

/** Parts of a histogram. It stands behind the norm in the frame, as drawing/histogram.py makes it. */
const BINS = 24;
const WIDTH = 264, HEIGHT = 46;

const drawing = (height, parts) => svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, "aria-hidden": "true" }, ...parts);

/** Derivatives have colour, and a range that is symmetric about 0; values are ink. */
function histogram([low, high, lost, zeros, ...counts], signed) {
  const most = Math.max(...counts), w = WIDTH / BINS, ends = low < high ? [low, ...(signed ? [0] : []), high] : [low];
  const bars = counts.map((count, k) => {
    const h = count && Math.max(1.5, (HEIGHT - 2) * count / most);
    return rect(`bin ${signed ? k < BINS / 2 ? "neg" : "pos" : "ink"}`, k * w + 0.5, HEIGHT - h, w - 1, h);
  });
  return [...(most ? [drawing(HEIGHT, bars), box("ends", ...ends.map((end) => html("span", {}, format(end))))] : []),
    zeros ? `${t("{0} exactly 0", zeros)} ` : "", lost ? t("{0} not finite", lost) : ""];
}

/** The numbers in a slot of the frame, as elements and text. */
export function inFull(frame, slot, signed) {
  const numbers = read(frame, slot), { kind, rows, cols, data } = numbers, [offset] = slot;
  if (writable(numbers)) return [math(mathNumbers(numbers, { colour: signed }))];
  if (kind === NORM) {
    return [t("norm {0}", format(data[0])), ...histogram(frame.subarray(offset + 1, offset + 5 + BINS), signed)];
  }
  if (kind !== ENTRIES) return [];
  const h = Math.min(12 * (cols === 1 ? 1 : rows), 120);
  return [drawing(h + 2, heatCells(numbers, { box: { x: 1, y: 1, w: WIDTH - 2, h }, signed })),
    finite(numbers) ? t("from {0} to {1}", format(Math.min(...data)), format(Math.max(...data))) : ""];
}
