/** The picture as SVG: built once a scene and geometry, then drawn for every step. */

import { drawCard, fullCard, smallCard } from "./cards.js";
import { newId, path, setClass, svg } from "./dom.js";
import { drawEdge, edgeElement } from "./edges.js";
import { frameElements } from "./frames.js";
import { drawFloatingGate, gateElement } from "./gates.js";
import { t } from "./messages.js";
import { hidePills } from "./pills.js";
import { edgesNow, nodesNow, normsOf, shownAt } from "./scene.js";

/** Parts in one group: the browser skips the whole of it where it is out of sight, and looks into it where it is not. */
const CHUNK = 16;

/** Neighbours in groups. A group has no transform, or the browser would paint it wherever it is. */
function inChunks(parts) {
  return Array.from({ length: Math.ceil(parts.length / CHUNK) }, (_, k) =>
    svg("g", {}, ...parts.slice(k * CHUNK, (k + 1) * CHUNK).map(({ group }) => group)));
}

/** Build the SVG once. @param {import("./scene.js").Scene} scene */
export function buildPicture(scene, geometry, closes = () => false) {
  const { compact } = scene, { vertical } = geometry, id = newId("hatch");
  const hatch = svg("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)" }, path("hatch-line", "M0 0V7"));
  const edges = geometry.edges.map((way, j) => edgeElement(scene.edges[j], way, scene, vertical));
  const gates = geometry.edges.map(({ gate }, j) => gate && gateElement(scene.edges[j], gate));
  const cards = geometry.cards.map((box, i) =>
    (compact ? smallCard(scene, i, box) : fullCard(scene, i, box, vertical)));
  edges.forEach((edge, j) => { edge.extent = extentOf(geometry.edges[j].forward); });
  cards.forEach((card, i) => {
    const [x, y, w, h] = geometry.cards[i];
    card.extent = [[x, x + w], [y, y + h]];
  });
  for (const { nodes } of geometry.frames?.length ? scene.frames : []) for (const k of nodes) cards[k].group.style.setProperty("--behind", "var(--sunk)");
  const floating = svg("g"), pulses = svg("g", { "aria-hidden": "true" });
  const { surfaces, titles } = frameElements(scene, geometry, closes);
  const parts = [surfaces, ...inChunks(edges), titles, ...[gates.filter(Boolean), cards].flatMap(inChunks)];
  const root = svg("svg", { viewBox: `0 0 ${geometry.width} ${geometry.height}`, role: "tree",
    "aria-label": t("Computation graph, {0} nodes", scene.nodes.length), style: `--hatch:url(#${id})` },
  hatch, ...parts, floating, pulses);
  return { root, scene, geometry, edges, gates, cards, floating, pulses, pills: [], frame: null, serial: 0 };
}

/** Around a card stand its caption, its halo and its norms. */
const BESIDE = 40;

/** How far a line reaches at most: a curve stays between its points. */
function extentOf(way) {
  const numbers = way.match(/-?[\d.]+(?:e-?\d+)?/g).map(Number);
  return [0, 1].map((axis) => {
    const along = numbers.filter((_, k) => k % 2 === axis);
    return [Math.min(...along), Math.max(...along)];
  });
}

/** Whether a card or an edge is in this part of the picture. */
function isIn({ x, y, width, height }, part) {
  const [[left, right], [top, bottom]] = part.extent;
  return left < x + width + BESIDE && right > x - BESIDE && top < y + height + BESIDE && bottom > y - BESIDE;
}

/**
 * Show one step: a pure function of (scene, frame, step). While a step is still travelling (`settled` false), it shows
 * what was known before, with the halo already on the new place.
 * @param {import("./camera.js").Shown|null} seen  only what is in this part is drawn; `picture.isLate` says whether
 *   anything else is to be drawn by another call
 * @returns {Element[]} the groups in which texts may be larger or smaller than before
 */
export function draw(picture, frame, step, settled = true, seen = null) {
  const { scene } = picture, [kind, index] = scene.steps[step], now = new Set(nodesNow(scene, scene.steps[step]));
  const shown = shownAt(scene, settled ? step : step - 1), alive = new Set(edgesNow(scene, scene.steps[step]));
  if (picture.frame !== frame) picture.serial += 1;
  Object.assign(picture, { frame, shown, liveEdge: kind === "edge" ? index : -1, isLate: false });
  setClass(picture.root, `picture ${step >= scene.turn ? "back" : ""} ${scene.compact ? "compact" : ""}`);
  const { serial } = picture, resized = [];
  /** Where nothing that a card or an edge depends on is another than before, it is not touched. */
  const isDue = (part, ...told) => {
    if (part.told && told.every((each, k) => each === part.told[k])) return false;
    if (seen && !isIn(seen, part)) return !(picture.isLate = true);
    part.told = told;
    return true;
  };
  picture.cards.forEach((card, i) => {
    card.norms = normsOf(scene, frame, shown, i);
    if (!isDue(card, serial, shown.value[i], shown.adjoint[i], shown.count[i], now.has(i), card.norms)) return;
    if (drawCard(scene, frame, shown, card, i, now.has(i))) resized.push(card.group);
  });
  picture.edges.forEach((element, j) => {
    const live = alive.has(j);
    if (!isDue(element, serial, shown.value[scene.edges[j].target], shown.edge[j], live, live && settled)) return;
    if (drawEdge(picture, frame, shown, j, live, settled)) resized.push(picture.gates[j].group);
  });
  if (scene.compact) drawFloatingGate(picture, frame, picture.liveEdge);
  if (settled) hidePills(picture, 0);
  return [...resized, picture.floating, picture.pulses];
}
