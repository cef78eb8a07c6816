/** The track: time as a hairpin, forward on top and backward below. */

import { circle, listen, path, set, setClass, svg, text } from "./dom.js";
import { t } from "./messages.js";
import { clamp, read, sign } from "./numbers.js";
import { derivativeRuns } from "./scene.js";
import { runsWidth, runText } from "./text.js";

const LANES = { left: 14, top: 24, bottom: 50, radius: 13, height: 74 };
/** Pixels that a label may reach over the track's ends. */
const SPILL = 8;

function tickLabel(scene, [kind, i]) {
  if (kind === "start") return scene.inputs.flatMap((n, k) => [[k ? ", " : "", ""], ...scene.nodes[n].name]);
  if (kind === "value" || kind === "push") return scene.nodes[i].name;
  const { source, target, of } = kind === "edge" ? scene.edges[i] : { source: i };
  if (!(of > 1)) return derivativeRuns(scene, source);
  return [...scene.nodes[target].name, ["→", ""], ...scene.nodes[source].name];
}

/** The scrub track: forward runs right on top, turns at the seed and returns below. */
export function createTrack({ go, stop }, { track: element }, signal) {
  const { left, top, bottom, radius, height } = LANES;
  let scene, unit = 1, right, counts, ticks, run, thumb;
  const at = (k) => (k < scene.turn ? [left + ((right - left) * k) / counts[0], top]
    : [right - ((right - left) * (k - scene.turn)) / counts[1], bottom]);
  const turn = () => `A${radius} ${radius} 0 0 1 ${right} ${bottom}`;
  /** Labels at the ticks where every one has room, else one for the lane. */
  const laneLabels = (lane) => {
    const y = lane ? bottom + 23 : top - 14, room = (right - left) / counts[lane];
    const labels = scene.steps.map((step, k) => [tickLabel(scene, step), k])
      .filter(([, k]) => k >= scene.turn === Boolean(lane)).map(([runs, k]) => {
        const half = runsWidth(runs, 13) / 2, x = clamp(at(k)[0], half - SPILL, element.clientWidth / unit + SPILL - half);
        return { runs, x, needs: half + Math.abs(x - at(k)[0]) };
      });
    if (scene.steps.length <= 24 && labels.every(({ needs }) => 2 * needs < room)) {
      return labels.map(({ runs, x }) => runText("tick-label", x, y, runs));
    }
    if (lane && scene.isForward) return [];
    const forward = scene.isForward ? t("values and tangents forward →") : t("values forward →");
    return [text("lane-label", left - 8, lane ? height - 3 : 10, lane ? t("← adjoints backward") : forward)];
  };
  const resize = (state) => {
    ({ scene, unit } = state); // all lengths are in units
    right = Math.max(120, element.clientWidth / unit - 36);
    counts = [scene.turn - 1, scene.steps.length - 1 - scene.turn].map((count) => Math.max(1, count));
    const size = scene.steps.length <= 24 ? 5 : 2.2, dots = Math.max(...counts) < 70 ? scene.steps : [];
    ticks = dots.map((_, k) => circle("tick", ...at(k), size));
    run = path("run", "");
    thumb = svg("g", {}, circle("thumb", 0, 0, 9.5), path("pointer", "M5 0l-7 -4.6v9.2Z"));
    element.replaceChildren(svg("svg", { "aria-hidden": "true", height: height * unit, viewBox: `0 0 ${element.clientWidth / unit} ${height}` },
      path("rail", `M${left} ${top}H${right}${scene.isForward ? "" : `${turn()}H${left}`}`), run, ...ticks, ...laneLabels(0), ...laneLabels(1),
      thumb));
  };
  const show = ({ frame, step }) => {
    if (!scene) return; // not on the page yet
    const [x, y] = at(step), back = step >= scene.turn, last = scene.steps.length - 1;
    ticks.forEach((tick, k) => {
      const [kind, i] = scene.steps[k], done = k <= step;
      const hue = kind === "edge" ? sign(read(frame, scene.edges[i].contribution)) : kind === "seed" ? "pos"
        : kind === "push" ? sign(read(frame, scene.nodes[i].tangent)) : "ink";
      setClass(tick, done ? `tick on ${hue}` : "tick");
    });
    set(run, "d", `M${left} ${top}H${back ? `${right}${turn()}H${x}` : x}`);
    set(thumb, "transform", `translate(${x} ${y}) scale(${back ? -1 : 1} 1)`);
    set(element, "aria-valuemax", last);
    set(element, "aria-valuenow", step);
    set(element, "aria-valuetext", back ? t("step {0} of {1}, backward", step, last)
      : t("step {0} of {1}, forward", step, last));
  };
  const scrub = ({ clientX, clientY }) => {
    const box = element.getBoundingClientRect(), share = clamp(((clientX - box.left) / unit - left) / (right - left), 0, 1);
    const above = scene.isForward || (scene.turn > 0 && clientY - box.top < box.height / 2), last = scene.steps.length - 1;
    stop();
    go(above ? Math.round(share * (scene.turn - 1))
      : scene.turn + Math.round((1 - share) * (last - scene.turn)), false);
  };
  listen(element, {
    pointerdown(event) {
      if (!scene || event.button) return;
      element.setPointerCapture(event.pointerId);
      scrub(event);
    },
    pointermove(event) { if (element.hasPointerCapture(event.pointerId)) scrub(event); },
  }, signal);
  return { resize, show };
}
