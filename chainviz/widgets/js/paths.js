/**
 * The paths between two numbers of a scene: exact count, the strongest, the sum of all. The numbers of graph/paths.py, by
 * the same walk back from the target; all from the local derivatives of a frame, so a slider keeps them live.
 *
 * @typedef {{edges: number[], product: number}} Path  its edges from the source on
 */

import { SCALAR } from "./numbers.js";

/** An adjoint that np.where did not let pass is none, be the next local derivative infinite. */
const untaken = ({ selects, local }, frame) => selects && frame[local[0]] === 0;

/** The product of a path's local derivatives, from the target back. */
export function product({ edges }, frame, path) {
  return path.reduceRight((so, j) => so && !untaken(edges[j], frame) ? [so[0] * frame[edges[j].local[0]]] : null, [1])?.[0]
    ?? 0;
}

const strength = ([size]) => (Number.isNaN(size) ? Infinity : Math.abs(size));

/**
 * Null where nothing leads there; {array} where an array is on the way: the node's index.
 * @returns {{count: bigint, total: number, strongest: Path[]}|{array: number}|null}
 */
export function findPaths({ nodes, edges }, frame, source, target, most) {
  const known = new Map([[target, { count: 1n, total: 1, dead: false, best: [[1, false, null]] }]]);
  const depending = new Set([source]);
  for (let node = source; node < target; node++) {
    if (depending.has(node)) for (const j of nodes[node].out) depending.add(edges[j].target);
  }
  for (const node of [...depending].filter((k) => k < target).sort((a, b) => b - a)) {
    const onward = nodes[node].out.filter((j) => known.has(edges[j].target));
    if (!onward.length) continue;
    const here = { count: 0n, total: 0, dead: true, best: [] };
    for (const j of onward) {
      const there = known.get(edges[j].target), [at, kind] = edges[j].local;
      if (kind !== SCALAR) return { array: nodes[node].shape.length ? node : edges[j].target };
      const cut = there.dead || untaken(edges[j], frame);
      here.dead &&= cut;
      here.count += there.count;
      here.total += cut ? 0 : frame[at] * there.total;
      for (const way of there.best) {
        const stopped = way[1] || cut;
        here.best.push([stopped ? 0 : frame[at] * way[0], stopped, [j, way]]);
      }
    }
    here.best = here.best.sort((a, b) => (strength(b) > strength(a)) - (strength(b) < strength(a))).slice(0, most);
    known.set(node, here);
  }
  const found = known.get(source);
  const walk = (way) => {
    const path = [];
    for (let link = way[2]; link; link = link[1][2]) path.push(link[0]);
    return path;
  };
  return found ? { ...found, strongest: found.best.map((way) => ({ edges: walk(way), product: way[0] })) } : null;
}
