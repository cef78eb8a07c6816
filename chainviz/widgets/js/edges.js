/** Edges of the picture: the value's lane and the adjoint's band. */

import { paint, path, setClass, svg } from "./dom.js";
import { updateGate } from "./gates.js";
import { t } from "./messages.js";
import { inWords, read, sign, strength } from "./numbers.js";
import { arriving, losesAdjoint } from "./scene.js";

const endOf = (way) => way.match(/-?[\d.]+(?:e-?\d+)?/g).slice(-2).map(Number);

function arrow([x, y], size, [dx, dy]) {
  const wing = size * 0.62, baseX = x - size * dx, baseY = y - size * dy;
  return `M${x} ${y}L${baseX + wing * dy} ${baseY + wing * dx}L${baseX - wing * dy} ${baseY - wing * dx}Z`;
}

/** The value's lane, and the adjoint's band before the gate (far) and after it (near). */
export function edgeElement(edge, geometry, { compact, isForward }, vertical) {
  const band = (way) => (way ? { line: path("band", way), core: path("band-core", way) } : null);
  const near = band(geometry.near), far = band(geometry.far), back = `${geometry.far} ${geometry.near}`;
  const forward = path("lane", geometry.forward), guide = path("guide", back), tip = path("tip", "");
  const head = path("arrow", compact ? "" : arrow(endOf(geometry.forward), 10, vertical ? [0, 1] : [1, 0]));
  const bands = [far, near].filter(Boolean).flatMap(({ line, core }) => [line, core]);
  const group = svg("g", { class: "edge", "data-edge": edge.id, tabindex: -1, role: "treeitem" },
    path("hit", geometry.forward), path("hit", back), forward, head, guide, ...bands, tip);
  return { group, forward, guide, near, far, tip, port: endOf(geometry.near),
    way: (vertical ? [0, 1] : [1, 0]).map((part) => (isForward ? part : -part)) };
}

export function showBand({ line, core }, numbers, top, scale) {
  const hue = numbers ? sign(numbers) : "", much = numbers ? strength(numbers, top) : 0;
  const width = !numbers ? 0 : hue === "zero" ? 1.5 : (3.5 + 11.5 * much) * scale;
  setClass(line, `band ${hue}`);
  paint(line, "stroke-width", width.toFixed(2));
  paint(line, "stroke-opacity", numbers ? (0.7 + 0.3 * much).toFixed(2) : 0);
  paint(core, "stroke-width", hue === "neg" ? (width * 0.3).toFixed(2) : 0);
  return width;
}

export function growBand(band, share) {
  if (!band || (share === 1 && !band.line.style.strokeDasharray)) return;
  const length = share < 1 ? band.line.getTotalLength() : 0;
  const dashes = share < 1 ? `${share * length} ${length + 9}` : "";
  band.line.style.strokeDasharray = band.core.style.strokeDasharray = dashes;
}

/** @returns {boolean} whether a text of the gate has another size than before */
export function drawEdge(picture, frame, shown, j, live, settled) {
  const { scene } = picture, edge = scene.edges[j], element = picture.edges[j], scale = scene.compact ? 0.62 : 1;
  const arrived = shown.edge[j], visible = arrived || live, known = shown.value[edge.target];
  const contribution = read(frame, edge.contribution), local = known ? read(frame, edge.local) : null;
  const width = showBand(element.near, visible ? contribution : null, scene.top, scale);
  if (element.far) showBand(element.far, visible ? arriving(scene, frame, edge) : null, scene.top, scale);
  const derivative = edge.cut ? t("{0}, no adjoint passes", edge.cut) : edge.pullback
    ? t("as a pull-back") : local ? inWords(local) : t("not computed yet");
  paint(element.group, "aria-label", t("edge {0} to {1}, local derivative {2}",
    scene.nodes[edge.source].label, scene.nodes[edge.target].label, derivative));
  setClass(element.forward, known ? "lane on" : "lane");
  setClass(element.tip, `tip ${sign(contribution)}`);
  paint(element.tip, "d", arrived && !scene.compact ? arrow(element.port, width * 0.6 + 7, element.way) : "");
  paint(element.guide, "visibility", arrived || scene.compact ? "hidden" : "inherit");
  if (!live || settled) [element.near, element.far].forEach((band) => growBand(band, 1));
  const gate = picture.gates[j];
  return gate ? updateGate(gate, edge, local, live, visible && losesAdjoint(scene, frame, edge)) : false;
}
