/**
 * Forward mode on the same graph: another scene of it, in which a tangent takes the adjoint's place and travels with
 * the values. The numbers that it has beyond the frame's own stand behind them: the index of the input that moves, a
 * tangent for each node, a product for each edge, in slots like those of the nodes' values. Python sends them, or where
 * all are real numbers, they are worked out here: dz = sum of local derivative * dx.
 */

import { t } from "./messages.js";
import { ENTRIES, SCALAR, SHAPE } from "./numbers.js";

const size = ([, kind, rows, cols]) => (kind === ENTRIES ? rows * cols : kind === SHAPE ? 0 : 1);
/** A way runs the other way round: "M1 2C3 4 5 6 7 8" from 7 8 to 1 2. */
function reversed(way) {
  const numbers = way.match(/-?[\d.]+(?:e-?\d+)?/g);
  const points = Array.from({ length: numbers.length / 2 }, (_, k) => numbers.slice(2 * k, 2 * k + 2).join(" "));
  const [first, ...rest] = points.reverse();
  return `M${first}C${rest.join(" ")}`;
}
/** Bands run with the values: `far`, before the gate, is the source's, `near` the target's. */
const turned = (geometry) => geometry && { ...geometry, edges: geometry.edges.map((edge) =>
  ({ ...edge, far: edge.far && reversed(edge.near), near: reversed(edge.far || edge.near) })) };

/** Where the numbers of reverse mode end. */
const endOf = ({ nodes, edges }) => Math.max(...[...nodes.map(({ value }) => value),
  ...edges.flatMap(({ local, contribution, running }) => [local, contribution, running])]
  .filter((slot) => slot[1] !== SHAPE).map((slot) => slot[0] + size(slot)));

/** @param {import("./scene.js").Scene} scene */
function forwardScene(scene, source) {
  const end = endOf(scene);
  let next = end + 1;
  const take = ([, ...form]) => {
    const slot = [next, ...form];
    next += size(slot);
    return slot;
  };
  const nodes = scene.nodes.map((node) => ({ ...node, without: "",
    tangent: take(node.value) }));
  const edges = scene.edges.map((edge) => {
    const product = take(scene.nodes[edge.target].value);
    // The formula of a pull-back is that of its way back; forward, its gate has the local derivative by name.
    const name = (i) => [[scene.d, ""], ...scene.nodes[i].name], { source: from, target, pullback } = edge;
    const cut = edge.template < 0 ? edge.cut : "";
    const formula = pullback && !cut ? [...name(target), ["/", ""], ...name(from)] : edge.formula;
    return { ...edge, cut, formula, contribution: product, running: product, nth: 1, of: 1 };
  });
  const steps = scene.forward.map(([kind, i]) => [kind, kind === "seed" ? source : i]);
  return { ...scene, isForward: true, source, end, size: next, nodes, edges, steps, turn: steps.length,
    wide: turned(scene.wide), tall: turned(scene.tall) };
}

const sweepable = ({ nodes, edges }) => nodes.every(({ value }) => value[1] === SCALAR) &&
  edges.every(({ cut, local }) => cut || local[1] === SCALAR);

/** The frame with the tangents behind it; null where only Python can tell them. */
function withTangents(scene, frame) {
  const { nodes, edges, end, source, size: length } = scene;
  if (frame.length === length && frame[end] === source) return frame;
  if (!sweepable(scene)) return null;
  const full = new Float64Array(length);
  full.set(frame.subarray(0, end));
  full[end] = source;
  full[nodes[source].tangent[0]] = 1;
  for (const { into, tangent } of nodes) { // in the order of creation
    for (const { source: from, local, cut, selects, contribution } of into.map((j) => edges[j])) {
      const factor = frame[local[0]], arriving = full[nodes[from].tangent[0]];
      // 0 by structure, or of what was not taken: 0, be the other factor infinite. Inside a fold, a 0 may be either.
      if (selects === "inside" && factor === 0 && !Number.isFinite(arriving)) return null;
      const product = cut || !scene.depends[from] || (selects && factor === 0) ? 0 : factor * arriving;
      full[contribution[0]] = product;
      full[tangent[0]] += product;
    }
  }
  return full;
}

/** Which nodes move with the input. */
function dependents({ nodes }, source) {
  const depends = nodes.map((_, i) => i === source);
  nodes.forEach(({ args }, i) => { depends[i] ||= args.some((a) => depends[a]); });
  return depends;
}

/** The inputs that are not frozen. */
export const movable = ({ inputs, nodes }) => inputs.filter((i) => nodes[i].trained);

/** Make `(scene, frame) -> {scene, frame, lacking}`: what the chosen mode shows; `lacking` says why it cannot. */
export function createView(link) {
  let base = null, made = null;
  return (scene, frame) => {
    if (link.get("mode") !== "forward" || !scene.forward) return { scene, frame, lacking: "" };
    const inputs = movable(scene), wanted = link.get("tangent_of");
    const source = inputs.find((i) => scene.nodes[i].label === wanted) ?? inputs[0];
    if (base !== scene || made.source !== source) {
      base = scene;
      made = { ...forwardScene(scene, source), depends: dependents(scene, source) };
    }
    const numbers = withTangents(made, frame);
    return numbers ? { scene: made, frame: numbers, lacking: "" } : { scene, frame,
      lacking: t("Only Python knows the tangents of {0} here.", scene.nodes[source].label) };
  };
}
