/** Cards, the nodes of the picture: built once, then shown as of a step. */

import { circle, paint, path, rect, setClass, svg, text } from "./dom.js";
import { listed, t } from "./messages.js";
import { finite, inWords, read, SCALAR, sign, strength } from "./numbers.js";
import { place, showNumbers } from "./places.js";
import { derivativeRuns, isBirthplace, readAdjoint, uses } from "./scene.js";
import { cutRuns, runsWidth, runText } from "./text.js";

export function fullCard(scene, index, [x, y, w, h], vertical) {
  const node = scene.nodes[index], half = h / 2, radius = node.input ? 26 : 11, of = uses(scene, index);
  const array = node.shape.length > 0, derivative = derivativeRuns(scene, index);
  const nameEnd = 21 + Math.max(runsWidth(node.name, 22), array ? 24 : 0);
  const small = Math.min(16, (16 * (w - 74)) / runsWidth(derivative, 16)), labelled = small >= 10;
  const labelEnd = labelled ? 19 + runsWidth(derivative, small) : 13;
  const r = radius - 1, corner = `a${r} ${r} 0 0 1-${r}`;
  const lower = `M1 ${half}H${w - 1}V${h - radius}${corner} ${r}H${radius}${corner}-${r}Z`;
  const zigzag = `M${radius} ${h}${"l3.5 -4 3.5 4".repeat(Math.floor((w - 2 * radius) / 7))}`;
  const value = place("value", [nameEnd, 8, w - 12 - nameEnd, 32], 32, [24, 21, 18, 16, 14]);
  const adjoint = place("adjoint", [labelEnd, half + 8, w - 12 - labelEnd, 28], half + 27, [19, 17, 15, 13],
    { signed: true });
  const slotLeft = Math.max(56, nameEnd), axis = path("axis", `M${w / 2} ${h - 9}v7`);
  const bar = rect("bar", 0, h - 7.5, 0, 4, 1);
  const pips = Array.from({ length: of > 1 ? of : 0 }, (_, k) =>
    circle("pip", (node.input ? 22 : 17) + Math.min(11, (w - 34) / of) * k, half + 35, 3.8));
  const caption = cutRuns(node.caption, vertical ? x + w * 0.24 : w + 48, 15);
  const group = cardGroup(node, x, y,
    rect("halo", -5, -5, w + 10, h + 10, radius + 4), rect("card", 0, 0, w, h, radius),
    path("row", lower), path("middle", `M1 ${half}H${w - 1}`), path("zigzag", zigzag),
    runText("caption", vertical ? w * 0.24 - 9 : w / 2, -15, caption, { "text-anchor": vertical ? "end" : "middle" }),
    runText("label", 13, array ? 25 : 32, node.name),
    array ? text("shape", 13, 42, node.shape.join("×")) : "",
    rect("slot value-slot", slotLeft, 10, Math.max(24, w - 11 - slotLeft), 28, 7), value.label, value.heat,
    labelled ? runText("derivative", 13, half + (of > 1 ? 22 : 26), derivative, { "font-size": small.toFixed(1) }) : "",
    rect("slot adjoint-slot", w - 74, half + 9, 63, 27, 7), adjoint.label, adjoint.heat, axis, bar, ...pips);
  return { group, value, adjoint, bar, axis, pips, middle: w / 2, room: w / 2 - 12 };
}

/** A small card: the value in three digits, the adjoint as a bar about a zero line. */
export function smallCard(scene, index, [x, y, w, h]) {
  const node = scene.nodes[index], inset = node.input ? 10 : 6;
  const value = place("value", [3, 5, w - 6, 15], 17.5, [12.5, 11.5], { middle: true, digits: 3 });
  const adjoint = place("adjoint", [inset, 24.5, w - 2 * inset, 7], 0, [], { signed: true, digits: 1 }); // no text
  const bar = rect("bar", 0, 24.5, 0, 7, 1), axis = path("axis", `M${w / 2} 23v10`);
  const group = cardGroup(node, x, y,
    rect("halo", -4, -4, w + 8, h + 8, node.input ? 20 : 11), rect("card", 0, 0, w, h, node.input ? 17 : 7),
    node.input || node.box ? runText(node.input ? "caption" : "caption title", w / 2, node.input ? -10 : -8,
      node.input ? node.name : node.caption, { "text-anchor": "middle" }) : "",
    rect("slot value-slot", 6, 5, w - 12, 15, 4), rect("slot adjoint-slot", inset, 24, w - 2 * inset, 8, 3),
    rect("row", inset - 1, 23.5, w - 2 * inset + 2, 9, 2), value.label, value.heat, bar, adjoint.heat, axis);
  return { group, value, adjoint, bar, axis, pips: [], middle: w / 2, room: w / 2 - inset };
}
/** The card's group; under a box stand the norms of the adjoints that enter and leave it. */
const cardGroup = (node, x, y, ...children) =>
  svg("g", { "data-node": node.id, "data-box": node.box || undefined, tabindex: -1, role: "treeitem",
    transform: `translate(${x} ${y})` }, ...children, node.box ? text("norms", 0, 0, "") : "");

/** What flows into a node and out of it, in words. */
function neighbours(scene, node) {
  const names = (among) => listed([...new Set(among)].map((k) => scene.nodes[k].label)).join("");
  const from = names(node.args), to = names(node.out.map((j) => scene.edges[j].target));
  return { from: from && t("from {0}", from), to: to && t("to {0}", to) };
}

/** @returns {boolean} whether a text has another size than before */
export function drawCard(scene, frame, shown, card, i, now) {
  const node = scene.nodes[i], value = shown.value[i] ? read(frame, node.value) : null;
  const adjoint = readAdjoint(frame, shown.adjoint[i]), of = uses(scene, i), count = shown.count[i];
  const part = adjoint && count < of, lost = value && !finite(value), number = adjoint?.kind === SCALAR;
  setClass(card.group, `node ${node.box ? "scope" : ""} ${value ? "has-value" : "todo"} ${adjoint
    ? `has-adjoint ${sign(adjoint)}` : node.without && "has-adjoint without"} ${part ? "part" : ""} ${
    now ? "now" : ""} ${lost ? "lost" : ""} ` +
    `${lost && isBirthplace(scene, frame, node) ? "born" : ""}`);
  const { from, to } = card.neighbours ??= neighbours(scene, node);
  const heard = (numbers, none) => (numbers ? inWords(numbers) : none || t("not computed yet"));
  paint(card.group, "aria-label", [node.label, node.operation, t("value {0}", heard(value)),
    `${derivativeRuns(scene, i).map(([part]) => part).join("")} ${heard(adjoint, node.without)}`,
    part && t("{0} of {1} contributions", count, of), card.norms && t("gradient norm {0}", card.norms),
    from, to].filter(Boolean).join(", "));
  const length = number && finite(adjoint) ? card.room * strength(adjoint, scene.top) : 0;
  paint(card.bar, "width", length.toFixed(1));
  paint(card.bar, "x", (card.middle - (adjoint?.data[0] < 0 ? length : 0)).toFixed(1));
  paint(card.axis, "visibility", node.without || (adjoint && !number) ? "hidden" : "inherit");
  const resized = [showNumbers(card.value, value), showNumbers(card.adjoint, adjoint)].includes(true);
  if (node.without && !scene.compact) paint(card.adjoint.label, "", node.without);
  if (node.box) {
    const norms = card.group.lastChild;
    paint(norms, "", card.norms && `${scene.compact ? "" : "\u2016\u00b7\u2016 "}${card.norms}`);
    paint(norms, "x", card.middle);
    paint(norms, "y", scene.compact ? 49 : 111);
  }
  card.pips.forEach((pip, k) => setClass(pip, k < count ? "pip on" : "pip"));
  return resized;
}
