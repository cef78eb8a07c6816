/** A step that is under way: how long it takes, and where its pills and bands are. */

import { pointOn } from "./dom.js";
import { growBand } from "./edges.js";
import { clamp, read, sign } from "./numbers.js";
import { hidePills, showPill } from "./pills.js";
import { arriving, edgesNow } from "./scene.js";

const ease = (t) => (t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2);

/** In ms: when the pill has arrived, when the state switches, when the step is over. */
const DURATIONS = { start: [0, 0, 300], value: [720, 774, 900], seed: [0, 120, 700], edge: [1080, 1161, 1350],
  push: [1080, 1161, 1350],
  sum: [1080, 1910, 2150] };
export function timing(scene, step) {
  const [kind, i] = scene.steps[step], times = DURATIONS[kind === "edge" && scene.edges[i].nth > 1 ? "sum" : kind];
  const [travel, change, end] = times.map((time) => time * (scene.compact ? 0.5 : 1));
  return { travel, change, end, rest: scene.compact ? 124 : 620 };
}

export function travel(picture, frame, step, elapsed) {
  const { scene } = picture, [kind, index] = scene.steps[step], time = timing(scene, step);
  const share = time.travel ? ease(clamp(elapsed / time.travel, 0, 1)) : 1;
  const into = kind === "value" || kind === "push" ? scene.nodes[index].into : [];
  into.forEach((j, k) => showPill(picture, k, read(frame, scene.nodes[scene.edges[j].source].value), "ink",
    pointOn(picture.edges[j].forward, share)));
  const through = edgesNow(scene, scene.steps[step]).filter((j) => !scene.edges[j].cut);
  through.forEach((j, k) => travelEdge(picture, frame, j, into.length + k, share, elapsed, time));
  hidePills(picture, into.length + through.length);
}

/** A derivative on its way through the gate of an edge, as pill `k`. */
function travelEdge(picture, frame, j, k, share, elapsed, time) {
  const { scene } = picture, edge = scene.edges[j], { near, far, way } = picture.edges[j];
  const before = far?.line.getTotalLength() ?? 0, gate = before / (before + near.line.getTotalLength() || 1);
  const shareNear = clamp((share - gate) / (1 - gate || 1), 0, 1), past = share >= (far ? gate : 0.5);
  growBand(far, gate ? clamp(share / gate, 0, 1) : 1);
  growBand(near, shareNear);
  const numbers = past ? read(frame, edge.contribution) : arriving(scene, frame, edge);
  const [x, y] = share < gate ? pointOn(far.line, share / gate) : pointOn(near.line, shareNear);
  // A later contribution waits at the port, then moves into the card: that is the +=.
  const wait = time.travel * 1.25, joining = clamp((elapsed - wait) / (time.change - wait), 0, 1);
  const inside = edge.nth > 1 ? ease(joining) : 0;
  showPill(picture, k, numbers, sign(numbers), [x + way[0] * 50 * inside, y + way[1] * 30 * inside]);
}
