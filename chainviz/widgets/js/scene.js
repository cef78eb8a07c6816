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
 *   steps: [string, number][], turn, top, wide: Geometry, tall: Geometry|null}} Scene
 */

import { finite, read, scalar } from "./numbers.js";

/**
 * What has happened once a step is over: a pure function of scene and step.
 * adjoint[node] is null (nothing yet), a number (seed 1, unused 0) or the slot of the sum so far. @param {Scene} scene
 */
export function shownAt(scene, step) {
  const shown = {
    value: scene.nodes.map((node) => node.input),
    adjoint: scene.nodes.map(() => null),
    count: scene.nodes.map(() => 0),
    edge: scene.edges.map(() => false),
  };
  for (const [kind, i] of scene.steps.slice(0, Math.max(0, step + 1))) {
    if (kind === "value") shown.value[i] = true;
    if (kind === "seed") {
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
export const uses = (scene, node) => scene.edges[scene.nodes[node].out[0]]?.of ?? 0;
export const readAdjoint = (frame, entry) => (typeof entry === "number" ? scalar(entry) : entry && read(frame, entry));

export function finalAdjoint(scene, frame, node) {
  const last = scene.nodes[node].out.map((j) => scene.edges[j]).find(({ nth, of }) => nth === of);
  return last ? read(frame, last.running) : scalar(node === scene.output ? 1 : 0);
}

/** The nodes a step is about: they carry the halo, and the stage scrolls to them. */
export function nodesNow(scene, [kind, i]) {
  if (kind === "start") return scene.inputs;
  return [kind === "edge" ? scene.edges[i].source : i];
}

/** Whether a value is the first that is no finite number. */
export const isBirthplace = (scene, frame, node) => !finite(read(frame, node.value)) &&
  node.args.every((a) => finite(read(frame, scene.nodes[a].value)));
export const losesAdjoint = (scene, frame, edge) => finite(finalAdjoint(scene, frame, edge.target)) &&
  !finite(read(frame, edge.contribution));

export const derivativeRuns = (scene, node) => [[scene.d, ""], ...scene.nodes[scene.output].name, ["/", "/"],
  [scene.d, ""], ...scene.nodes[node].name];
