/** Gates: the local derivative on an edge, through which the adjoint passes. */

import { paint, pointOn, rect, setClass, svg } from "./dom.js";
import { clamp, NORM, read, SHAPE, sign, uniform } from "./numbers.js";
import { place, showNumbers } from "./places.js";
import { cutRuns, runsWidth, runText } from "./text.js";

const gateRuns = (edge) => (edge.pullback ? edge.formula : [["× ", ""], ...edge.formula]);

export function gateElement(edge, [x, y, w, h], scale = 1) {
  const runs = gateRuns(edge), size = clamp((17 * (w - 10)) / runsWidth(runs, 17), 12, 17);
  const formula = runText("formula", 0, 6, cutRuns(runs, w - 4, size), { "font-size": size.toFixed(1) });
  const local = place("local", [3 - w / 2, 2, w - 6, 15], 15, [15, 14, 13], { signed: true, middle: true });
  const group = svg("g", { transform: `translate(${x} ${y}) scale(${scale})`, "aria-hidden": "true", "data-gate": edge.id },
    rect("box", -w / 2, -h / 2, w, h, 9), formula, local.label, local.heat);
  return { group, formula, local };
}

/**
 * Formula and number; the formula alone where it is a number already, or a whole expression.
 * @returns {boolean} whether a text has another size than before
 */
export function updateGate(gate, edge, local, live, born) {
  const hue = !local ? "todo" : edge.pullback ? "" : sign(local);
  setClass(gate.group, `gate ${hue} ${edge.constant ? "constant" : ""} ${live ? "now" : ""} ${born ? "born" : ""}`);
  let number = local && !edge.constant && !edge.pullback ? uniform(local) : null;
  if (number?.kind === NORM) number = { ...number, kind: SHAPE };
  paint(gate.formula, "y", number ? -3 : 6);
  return showNumbers(gate.local, number);
}

/** Compact drawings show one gate, of the edge that is now or pointed at, and above the cards it belongs to. */
export function drawFloatingGate(picture, frame, j) {
  if (j < 0) return picture.floating.replaceChildren();
  const { scene, geometry, shown } = picture, edge = scene.edges[j], element = picture.edges[j], scale = 0.72;
  element.middle ??= pointOn(element.near.line, 0.5); // asking for a length makes the browser lay out: once an edge
  const width = Math.max(66, runsWidth(gateRuns(edge), 17) + 20), half = (42 * scale) / 2 + 5;
  const [x, middle] = element.middle, reach = (width * scale) / 2 + 4;
  const inWay = [edge.source, edge.target].map((i) => geometry.cards[i]).filter(([left, top, w, h]) =>
    Math.abs(left + w / 2 - x) < w / 2 + reach && Math.abs(top + h / 2 - (middle - half)) < h / 2 + half);
  const y = Math.max(half, Math.min(middle, ...inWay.map(([, top]) => top)) - half);
  const gate = gateElement(edge, [clamp(x, reach, geometry.width - reach), y, width, 42], scale);
  updateGate(gate, edge, shown.value[edge.target] ? read(frame, edge.local) : null, j === picture.liveEdge, false);
  picture.floating.replaceChildren(gate.group);
}
