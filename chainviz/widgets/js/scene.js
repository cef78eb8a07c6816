/**
 * What a scene says, and what of it is known at a step.
 *
 * @typedef {[offset: number, kind: number, rows: number, cols: number]} Slot
 * @typedef {[text: string, style: string][]} Runs  style "", "i", "^", "_", "^i", "_i"
 * @typedef {{id, label, name: Runs, mathml, input, operation: string, without: string, caption: Runs, box: string,
 *   shape, value: Slot, args: number[], symbolic, numeric, out: number[], into: number[]}} Node  without: why it has no
 *   adjoint; box: the name under which its inside opens; args: nodes; out, into: edges; symbolic, numeric: templates
 * @typedef {{id, source, target, local: Slot, contribution: Slot, running: Slot, formula: Runs, template, constant,
 *   pullback, loose, nth, of, cut: string}} Edge  cut: why no adjoint passes
 * @typedef {{width, height, vertical, cards: number[][], edges: {forward, far, near, gate}[]}} Geometry
 * @typedef {{version, d, formula, compact, templates: string[], nodes: Node[], edges: Edge[], inputs: number[], output,
 *   steps: [string, number][], forward: [string, number][], turn, race, top, wide: Geometry, tall: Geometry|null}} Scene
 */

import { finite, format, read, scalar } from "./numbers.js";

const told = new WeakMap(); // every part of a player asks for the same step of its scene
/**
 * What has happened once a step is over: a pure function of scene and step.
 * adjoint[node] is null (nothing yet), a number (seed 1, unused 0) or the slot of the sum so far. @param {Scene} scene
 */
export function shownAt(scene, step) {
  if (told.get(scene)?.step !== step) told.set(scene, { step, shown: shownAfter(scene, step) });
  return told.get(scene).shown;
}

function shownAfter(scene, step) {
  const shown = {
    value: scene.nodes.map((node) => node.input),
    adjoint: scene.nodes.map(() => null),
    count: scene.nodes.map(() => 0),
    edge: scene.edges.map(() => false),
  };
  for (const [kind, i] of scene.steps.slice(0, Math.max(0, step + 1))) {
    if (kind === "value" || kind === "push") shown.value[i] = true;
    if (scene.isForward) {
      const known = kind === "seed" ? scene.inputs : kind === "push" ? [i] : [];
      for (const k of known) shown.adjoint[k] = scene.nodes[k].tangent;
      if (kind === "push") for (const j of scene.nodes[i].into) shown.edge[j] = true;
    } else if (kind === "seed") {
      shown.adjoint = scene.nodes.map((node, k) => (uses(scene, k) || node.without ? null : 0));
      shown.adjoint[i] = 1;
    }
    if (kind === "edge") {
      const { source, running, nth } = scene.edges[i];
      shown.edge[i] = true;
      shown.adjoint[source] = running;
      shown.count[source] = nth;
    }
  }
  return shown;
}

/** How many contributions arrive at a node. */
export const uses = (scene, node) => (scene.isForward ? 0 : scene.edges[scene.nodes[node].out[0]]?.of ?? 0);
export const readAdjoint = (frame, entry) => (typeof entry === "number" ? scalar(entry) : entry && read(frame, entry));

export function finalAdjoint(scene, frame, node) {
  const last = scene.nodes[node].out.map((j) => scene.edges[j]).find(({ nth, of }) => nth === of);
  return last ? read(frame, last.running) : scalar(node === scene.output ? 1 : 0);
}

/** The norms of the adjoint that enters a box and of all that leave it, once they are complete. */
export function normsOf(scene, frame, shown, i) {
  const { box, into, without } = scene.nodes[i], passing = into.filter((j) => !scene.edges[j].cut);
  if (!box || without || scene.isForward || !passing.length || !passing.every((j) => shown.edge[j])) return "";
  const norm = (numbers) => numbers.map(({ data }) => Math.hypot(...data));
  const [entering] = norm([finalAdjoint(scene, frame, i)]);
  const leaving = Math.hypot(...norm(passing.map((j) => read(frame, scene.edges[j].contribution))));
  return `${format(entering, 2)} \u2192 ${format(leaving, 2)}`;
}

/** What comes to an edge's gate: the adjoint of its target, in forward mode the tangent of its source. */
export const arriving = (scene, frame, { source, target }) => (scene.isForward
  ? read(frame, scene.nodes[source].tangent) : finalAdjoint(scene, frame, target));

/** The nodes a step is about: they carry the halo, and the stage scrolls to them. */
export function nodesNow(scene, [kind, i]) {
  if (kind === "start") return scene.inputs;
  return [kind === "edge" ? scene.edges[i].source : i];
}

/** The edges that a step is about. */
export const edgesNow = (scene, [kind, i]) => (kind === "edge" ? [i] : kind === "push" ? scene.nodes[i].into : []);

/** Whether a value is the first that is no finite number. */
export const isBirthplace = (scene, frame, node) => !finite(read(frame, node.value)) &&
  node.args.every((a) => finite(read(frame, scene.nodes[a].value)));
export const losesAdjoint = (scene, frame, edge) => finite(arriving(scene, frame, edge)) &&
  !finite(read(frame, edge.contribution));

/** dy/dz of a node z; in forward mode dz/dx, and where x is an array, dz/dx times a vector of ones. */
export function derivativeRuns({ d, nodes, output, isForward, source }, node) {
  const [above, below] = isForward ? [node, source] : [output, node];
  return [[d, ""], ...nodes[above].name, ["/", "/"], [d, ""], ...nodes[below].name,
    ...(isForward && nodes[source].shape.length ? [["\u00b7\u{1D7CF}", ""]] : [])];
}
