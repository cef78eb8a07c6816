/**
 * Above each slider the output over its range, the other inputs held; a dot where it is now; and, once the adjoint is
 * complete, the tangent, whose slope it is. Tapes give the points; where none holds, the samples that Python sends.
 */

import { draw, evenly, rangeOf, sample } from "./curve.js";
import { circle, path, set, setClass, setText, svg, text } from "./dom.js";
import { specsOf } from "./inputs.js";
import { agrees } from "./link.js";
import { t } from "./messages.js";
import { clamp, format, read, SCALAR, sign } from "./numbers.js";
import { readAdjoint, shownAt, uses } from "./scene.js";
import { outputOf } from "./tape.js";

/** Operations of tapes that a moved slider may cost, and the least and most calls for each of the other curves. */
const WORK = 100_000, FEWEST = 50, MOST = 600;
/** Pixels: the middle of the slider's thumb at its ends, room above and below, half a tangent. */
const SIDE = 9, ROOM = 4, TANGENT = 26;

function createCurve(spec, index, element) {
  const parts = { zero: path("curve-zero", ""), drop: path("curve-drop", ""), line: path("curve-line", ""),
    marks: path("curve-marks", ""), tangent: path("", ""), dot: circle("curve-dot", 0, 0, 3.5),
    note: text("curve-note", 0, 24) };
  const root = svg("svg", { class: "curve", role: "img" }, ...Object.values(parts));
  element.querySelector("input[type=range]").before(root);
  return { ...parts, spec, index, root, points: [], range: [-1, 1], key: "" };
}

/** The functions from the inputs to the output that the page knows: of every tape that it was given so far. */
function createOutputs(link) {
  const known = new Map(), told = (tape) => JSON.stringify({ ...tape, version: 0 });
  let last = null;
  return () => {
    const tape = link.get("tape") ?? {};
    if (tape !== last) {
      if (!tape.steps) known.clear(); // Python has taken it back
      for (const each of link.get("tapes") ?? [tape]) if (each.steps) known.set(told(each), outputOf(each));
      last = tape;
    }
    return [...known.values()];
  };
}

export function createCurves({ state, link }, { inputs: container }, signal) {
  const outputs = createOutputs(link);
  let curves = [];

  function build() {
    curves = specsOf(link).flatMap((spec, k) =>
      (spec.kind === "slider" ? [createCurve(spec, k, container.children[k])] : []));
    observer.disconnect();
    curves.forEach(({ root }) => observer.observe(root));
  }
  const observer = new ResizeObserver(() => {
    for (const curve of curves) [curve.width, curve.height] = [curve.root.clientWidth, curve.root.clientHeight];
    if (state.ready) showAll(state);
  });
  signal.addEventListener("abort", () => observer.disconnect());

  /** The curve's points, computed anew where another input or what is known of the function has changed. */
  function compute(curve, held, functions) {
    const { spec, index } = curve, sent = link.get("curves") ?? {};
    const key = held.map(({ data }, k) => (k === index ? "" : data.join())).join(";");
    if (curve.key === key && curve.sent === sent && curve.count === functions.length) return;
    Object.assign(curve, { key, sent, count: functions.length });
    const specs = link.get("inputs"), numbers = held.map(({ kind, data }) => (kind ? [...data] : data[0]));
    const checked = specs.every(({ kind, min, max }, k) => k === index || kind !== "slider" || (numbers[k] >= min && numbers[k] <= max));
    const f = (x) => {
      numbers[index] = x;
      return functions.reduce((y, { evaluate }) => (y === y ? y : evaluate(numbers)), NaN);
    };
    const work = functions.reduce((sum, { length }) => sum + length, 1) * (curves.length - 1 || 1);
    curve.points = [];
    if (functions.length && checked) {
      Object.assign(curve, sample(f, spec.min, spec.max, clamp(Math.floor(WORK / work), FEWEST, MOST)));
    }
    const isOf = specs.every(({ name }, k) => k === index || agrees(held[k], sent.held?.[name]));
    if (isOf && sent.samples?.[spec.name]) {
      const samples = evenly(spec.min, spec.max, sent.samples[spec.name]), has = ([, y]) => y === y;
      if (curve.points.length && curve.points.every(has)) return;
      const others = samples.filter(([x]) => !curve.points.length || !has([x, f(x)]));
      curve.points = [...curve.points.filter(has), ...others].sort(([a], [b]) => a - b);
      curve.range = rangeOf(curve.points);
    }
  }

  /** Where numbers stand in the picture. */
  function scales({ spec: { min, max }, width, height, range: [bottom, top] }) {
    const across = (width - 2 * SIDE) / (max - min), up = (height - 2 * ROOM) / (top - bottom);
    return { X: (x) => SIDE + (x - min) * across, Y: (y) => height - ROOM - (y - bottom) * up, slope: -up / across };
  }

  function show(curve, x, y, adjoint, names) {
    const { spec, points, range: [bottom, top], width, height } = curve, { X, Y, slope } = scales(curve);
    const there = points.some(([, value]) => value === value), inside = x >= spec.min && x <= spec.max;
    const { line, marks } = draw(points, curve.range, X, Y, height);
    const at = [X(x), clamp(Y(y ?? 0), 0, height)], hasDot = there && inside && y !== null;
    const seen = hasDot && y >= bottom && y <= top, isTangent = seen && Number.isFinite(adjoint);
    set(curve.line, "d", line);
    set(curve.marks, "d", marks);
    set(curve.zero, "d", there && bottom <= 0 && top >= 0 ? `M${SIDE} ${Y(0)}H${width - SIDE}` : "");
    set(curve.drop, "d", hasDot ? `M${at[0]} ${height}V${at[1]}` : "");
    set(curve.dot, "cx", hasDot ? at[0] : -9);
    set(curve.dot, "cy", at[1]);
    setClass(curve.dot, seen ? "curve-dot" : "curve-dot far");
    const steep = adjoint * slope, along = TANGENT / Math.hypot(1, steep);
    set(curve.tangent, "d", isTangent
      ? `M${at[0] - along} ${at[1] - along * steep}L${at[0] + along} ${at[1] + along * steep}` : "");
    setClass(curve.tangent, `curve-tangent ${isTangent ? sign({ kind: SCALAR, data: [adjoint] }) : ""}`);
    setText(curve.note, there ? "" : curve.sent.note ?? "");
    set(curve.root, "aria-label", there
      ? t("{0} over {1} from {2} to {3}, now at {4}", ...names, format(spec.min), format(spec.max), format(x)) +
        (adjoint === null ? "" : t(", slope {0}", format(adjoint)))
      : curve.sent.note || t("no curve of {0} over {1} yet", ...names));
  }

  function showAll({ scene, frame, step, settled }) {
    if (!scene || scene.inputs.length !== link.get("inputs").length) return;
    const shown = shownAt(scene, settled ? step : step - 1), { nodes, output } = scene, functions = outputs();
    const held = scene.inputs.map((i) => read(frame, nodes[i].value));
    for (const curve of curves.filter(({ width }) => width > 2 * SIDE)) {
      compute(curve, held, functions);
      // In forward mode the slope is the output's tangent, over the one input that moves.
      const i = scene.inputs[curve.index], of = !scene.isForward ? i : i === scene.source ? output : -1;
      const isComplete = of >= 0 && shown.count[of] === uses(scene, of);
      const adjoint = isComplete ? readAdjoint(frame, shown.adjoint[of])?.data[0] : null;
      show(curve, held[curve.index].data[0], shown.value[output] ? read(frame, nodes[output].value).data[0] : null,
        adjoint ?? null, [nodes[output].label, nodes[i].label]);
    }
  }

  link.on("inputs controls", build);
  link.on("curves", () => { if (state.ready) showAll(state); });
  build();
  return { show: showAll };
}
