/**
 * The player's front end. Python computes every number, formula and position; this file only shows them:
 *
 *   scene (graph, geometry, templates, steps) + frame (all numbers) + step  ->  draw()  ->  SVG, sentence, equation
 *
 * @typedef {[offset: number, kind: number, rows: number, cols: number]} Slot
 * @typedef {{kind: number, rows: number, cols: number, data: ArrayLike<number>}} Numbers  a slot that has been read
 * @typedef {[text: string, style: string][]} Runs  style "", "i", "^", "_", "^i", "_i"
 * @typedef {{id, label, name: Runs, mathml, input, caption: Runs, shape, value: Slot, args: number[], symbolic,
 *   numeric, out: number[], into: number[]}} Node  args: nodes; out, into: edges; symbolic, numeric: templates
 * @typedef {{id, source, target, local: Slot, contribution: Slot, running: Slot, formula: Runs, template, constant,
 *   pullback, loose, nth, of, cut}} Edge
 * @typedef {{width, height, vertical, cards: number[][], edges: {forward, far, near, gate}[]}} Geometry
 * @typedef {{version, d, formula, compact, templates: string[], nodes: Node[], edges: Edge[], inputs: number[], output,
 *   steps: [string, number][], turn, top, wide: Geometry, tall: Geometry|null}} Scene
 */

// ---- elements

const prefixed = new Map();
/** "card now" -> "chainviz-card chainviz-now": no class of ours can meet one of the page around. */
function classes(names) {
  if (!prefixed.has(names)) prefixed.set(names, names.replace(/\S+/g, "chainviz-$&"));
  return prefixed.get(names);
}

/** Change an attribute only where it differs: an untouched element costs the browser nothing. */
function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}
const setClass = (element, names) => set(element, "class", classes(names));
const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

const maker = (namespace) => (tag, attributes = {}, ...children) => {
  const element = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, name === "class" ? classes(value) : value);
  }
  element.append(...children);
  return element;
};
const html = maker("http://www.w3.org/1999/xhtml"), svg = maker("http://www.w3.org/2000/svg");
const box = (name, ...children) => html("div", { class: name }, ...children);
const rect = (name, x, y, width, height, rx) => svg("rect", { class: name, x, y, width, height, rx });
const text = (name, x, y, ...children) => svg("text", { class: name, x, y }, ...children);
const path = (name, d) => svg("path", { class: name, d });
const circle = (name, cx, cy, r) => svg("circle", { class: name, cx, cy, r });

function listen(target, handlers, signal) {
  for (const [names, handler] of Object.entries(handlers)) {
    for (const name of names.split(" ")) target.addEventListener(name, handler, { signal });
  }
}

/** The one place where markup becomes elements: Python's escaped MathML, and numbers that format() wrote. */
function math(content) {
  const element = document.createElementNS("http://www.w3.org/1998/Math/MathML", "math");
  element.innerHTML = content;
  return element;
}

// ---- numbers

/** Kinds of slots: one number, all entries of an array, its norm only, its shape only. */
const SCALAR = 0, ENTRIES = 1, NORM = 2, SHAPE = 3;

/** |value| as the text of its mantissa and a decimal exponent, null where none is written. */
function decimal(value, digits) {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return [String(+size.toPrecision(digits)), null];
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  return [String(+mantissa), +exponent];
}

/** Four significant digits, trailing zeros dropped, a true minus; m·10ⁿ below 0.0001 and from 1,000,000. */
export function format(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  const minus = value < 0 ? "−" : "";
  if (!Number.isFinite(value)) return `${minus}∞`;
  const [mantissa, exponent] = decimal(value, digits);
  if (exponent === null) return minus + mantissa;
  return `${minus}${mantissa}·10${String(exponent).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻")}`;
}

function read(frame, [offset, kind, rows, cols]) {
  const count = kind === ENTRIES ? rows * cols : kind === SHAPE ? 0 : 1;
  return { kind, rows, cols, data: frame.subarray(offset, offset + count) };
}
const scalar = (value) => ({ kind: SCALAR, rows: 1, cols: 1, data: [value] });
const shapeText = ({ rows, cols }) => (cols === 1 ? `${rows}` : `${rows}×${cols}`);
const finite = ({ data }) => data.every(Number.isFinite);
const largest = ({ data }) => data.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);
/** An array whose entries are all alike, as that one number. */
const uniform = (numbers) => (numbers.kind === ENTRIES && numbers.data.every((v) => v === numbers.data[0])
  ? scalar(numbers.data[0]) : numbers);

/** The class that gives a number its hue; "mix" where an array has both signs or unknown ones. */
function sign({ kind, data }) {
  let positive = kind === SHAPE, negative = false;
  for (const value of data) {
    if (!Number.isFinite(value)) return "bad";
    positive ||= value > 0;
    negative ||= value < 0;
  }
  if (!positive && !negative) return "zero";
  return kind >= NORM || (positive && negative) ? "mix" : positive ? "pos" : "neg";
}

/** Strength 0 .. 1 of a band or bar: four decades up to `top`, the decade of the function's largest derivative. */
function strength(numbers, top) {
  if (!finite(numbers)) return 0.4;
  const size = largest(numbers);
  return size === 0 ? 0 : clamp((Math.log10(size) - top + 4) / 4, 0.04, 1);
}
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** A number, a short list, a norm or a shape as text; null where only a heat map can show it. */
function asText({ kind, data, rows, cols }, digits = 4) {
  if (kind === SCALAR) return format(data[0], digits);
  if (kind === NORM) return `‖·‖ ${format(data[0], digits)}`;
  if (kind === SHAPE) return shapeText({ rows, cols });
  return data.length > 3 ? null : `[${Array.from(data, (value) => format(value, digits)).join(", ")}]`;
}

function inWords(numbers) {
  if (numbers.kind === SCALAR || (numbers.kind === ENTRIES && asText(numbers))) return asText(numbers);
  const norm = numbers.kind === NORM ? ` and norm ${format(numbers.data[0])}` : "";
  return `an array of shape ${shapeText(numbers)}${norm}`;
}

// ---- formulas

const EQUALS = "<mo>=</mo>", TIMES = "<mo>·</mo>", ENTRYWISE = "<mo>⊙</mo>";
const bracket = (content) => `<mrow><mo stretchy="false">(</mo>${content}<mo stretchy="false">)</mo></mrow>`;

function mathScalar(value) {
  if (!Number.isFinite(value)) return `<mn>${format(value)}</mn>`;
  const [mantissa, exponent] = decimal(value, 4);
  const raised = `${TIMES}<msup><mn>10</mn><mn>${String(exponent).replace("-", "−")}</mn></msup>`;
  return `<mrow>${value < 0 ? "<mo>−</mo>" : ""}<mn>${mantissa}</mn>${exponent === null ? "" : raised}</mrow>`;
}

/** Arrays up to 4 x 4 are written out, larger ones appear by name. */
const writable = ({ kind, rows, cols }) => kind === SCALAR || (kind === ENTRIES && rows <= 4 && cols <= 4);

/** How numbers stand in an equation. operand: they follow an operator, so that a negative one needs brackets. */
const SIGNED = { colour: true }, FACTOR = { colour: true, operand: true };
const NOW = { now: true }, RESULT = { colour: true, now: true };

function mathNumbers(numbers, { name = "", colour = false, operand = false, now = false } = {}) {
  if (!writable(numbers)) return name;
  const { kind, rows, cols, data } = numbers;
  const hue = (value) => (colour ? sign(value) : "");
  const wrap = (content) => `<mrow class="${classes(`${hue(numbers)} ${now ? "hl" : ""}`)}">${content}</mrow>`;
  if (kind === SCALAR) {
    const content = mathScalar(data[0]);
    return wrap(operand && (data[0] < 0 || content.includes("msup")) ? bracket(content) : content);
  }
  const cells = Array.from(data, (v) => `<mtd class="${classes(hue(scalar(v)))}">${mathScalar(v)}</mtd>`);
  const lines = Array.from({ length: rows }, (_, r) => `<mtr>${cells.slice(r * cols, (r + 1) * cols).join("")}</mtr>`);
  return wrap(`<mo>[</mo><mtable>${lines.join("")}</mtable><mo>]</mo>`);
}

const differential = (scene, node) =>
  `<mrow><mo lspace="0" rspace="0">${scene.d}</mo>${scene.nodes[node].mathml}</mrow>`;
const fraction = (scene, above, below) => `<mfrac>${differential(scene, above)}${differential(scene, below)}</mfrac>`;

/** Fill the places {0}, {1!}, {y}, {g} of a template of node `target`; `!` asks for brackets round negative numbers. */
function fill(scene, template, target, put) {
  if (template < 0) return "";
  return scene.templates[template].replace(/\{(\d+|y|g)(!?)\}/g, (_, key, mark) => key === "g"
    ? fraction(scene, scene.output, target)
    : put(key === "y" ? target : scene.nodes[target].args[key], mark === "!"));
}
const symbolic = (scene, template, target) => fill(scene, template, target, (i) => scene.nodes[i].mathml);
const numeric = (scene, frame, template, target) => fill(scene, template, target, (i, operand) =>
  mathNumbers(read(frame, scene.nodes[i].value), { name: scene.nodes[i].mathml, operand }));

// ---- what is known at a step

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

const uses = (scene, node) => scene.edges[scene.nodes[node].out[0]]?.of ?? 0;
const readAdjoint = (frame, entry) => (typeof entry === "number" ? scalar(entry) : entry && read(frame, entry));

function finalAdjoint(scene, frame, node) {
  const last = scene.nodes[node].out.map((j) => scene.edges[j]).find(({ nth, of }) => nth === of);
  return last ? read(frame, last.running) : scalar(node === scene.output ? 1 : 0);
}

/** The nodes a step is about: they carry the halo, and the stage scrolls to them. */
function nodesNow(scene, [kind, i]) {
  if (kind === "start") return scene.inputs;
  return [kind === "edge" ? scene.edges[i].source : i];
}

/** Whether a value is the first that is no finite number. */
const isBirthplace = (scene, frame, node) => !finite(read(frame, node.value)) &&
  node.args.every((a) => finite(read(frame, scene.nodes[a].value)));
const losesAdjoint = (scene, frame, edge) => finite(finalAdjoint(scene, frame, edge.target)) &&
  !finite(read(frame, edge.contribution));

// ---- text and heat maps

let pen = null;
const widths = new Map();
/** Measure with the widget's own font from now on: a canvas knows widths without a layout. */
function measureIn(font) {
  pen ??= document.createElement("canvas").getContext("2d");
  if (pen.font !== font) widths.clear();
  pen.font = font;
}
function textWidth(text, size) {
  let sum = 0;
  for (const c of text) {
    if (!widths.has(c)) widths.set(c, pen?.measureText(c).width ?? 58);
    sum += widths.get(c);
  }
  return (sum * size) / 100;
}
const runsWidth = (runs, size) =>
  size * runs.reduce((sum, [text, style]) => sum + Array.from(text).length * (/[\^_]/.test(style) ? 0.36 : 0.52), 0);

/** Runs as an SVG text; superscripts and subscripts shift the baseline and the next run shifts it back. */
function runText(name, x, y, runs, attributes = {}) {
  let height = 0;
  const spans = runs.map(([text, style]) => {
    const goal = style[0] === "^" ? -0.36 : style[0] === "_" ? 0.22 : 0, size = goal ? 0.7 : 1;
    const dy = goal === height ? undefined : `${((goal - height) / size).toFixed(3)}em`;
    height = goal;
    const look = style.endsWith("i") ? "it" : style === "/" ? "slash" : "up";
    return svg("tspan", { class: look, "font-size": goal ? "0.7em" : undefined, dy }, text);
  });
  return svg("text", { class: `${name} serif`, x, y, ...attributes }, ...spans);
}

function runMarkup(runs) {
  return runs.map(([text, style]) => {
    const inner = style.endsWith("i") ? html("i", {}, text) : text;
    if (style === "/") return span("slash", [[text, ""]]);
    return style[0] === "^" ? html("sup", {}, inner) : style[0] === "_" ? html("sub", {}, inner) : inner;
  });
}
const span = (name, runs) => html("span", { class: name }, ...runMarkup(runs));

/** As many runs as fit into `room`, the rest an ellipsis. */
function cutRuns(runs, room, size) {
  if (runsWidth(runs, size) <= room) return runs;
  const characters = runs.flatMap(([text, style]) => Array.from(text, (c) => [c, style]));
  while (characters.length && runsWidth(characters, size) > room - size) characters.pop();
  return [...characters, ["…", ""]];
}

const derivativeRuns = (scene, node) => [[scene.d, ""], ...scene.nodes[scene.output].name, ["/", "/"], [scene.d, ""],
  ...scene.nodes[node].name];

/**
 * A heat map: strength by |value|, the sign also by a light core (negative) or a dot (exactly zero).
 * `signed` colours by sign, for derivatives; values stay ink. A vector lies flat, as a row.
 */
function heatCells(numbers, { box, signed, middle }) {
  const [rows, cols] = numbers.cols === 1 ? [1, numbers.rows] : [numbers.rows, numbers.cols];
  const w = Math.min(box.w / cols, 16), h = Math.min(box.h / rows, 16), most = largest(numbers) || 1;
  const left = box.x + (box.w - w * cols) / (middle ? 2 : 1), top = box.y + (box.h - h * rows) / 2;
  const cells = Array.from(numbers.data).flatMap((value, i) => {
    const x = left + (i % cols) * w, y = top + Math.floor(i / cols) * h, hue = sign(scalar(value));
    const cell = rect(`cell ${signed || hue === "bad" ? hue : "ink"}`, x, y, w, h);
    cell.setAttribute("fill-opacity", hue === "bad" ? 1 : value && (0.2 + (0.8 * Math.abs(value)) / most).toFixed(3));
    if (value < 0) return [cell, rect("core", x + w * 0.2, y + h * 0.35, w * 0.6, h * 0.3)];
    return value === 0 ? [cell, circle("dot", x + w / 2, y + h / 2, Math.min(w, h) * 0.12)] : [cell];
  });
  return [...cells, rect("frame", left, top, w * cols, h * rows)];
}

function place(name, [x, y, w, h], baseline, sizes, options = {}) {
  const label = text(name, options.middle ? x + w / 2 : x + w, baseline);
  label.setAttribute("text-anchor", options.middle ? "middle" : "end");
  return { label, heat: svg("g"), box: { x, y, w, h }, sizes, digits: 4, ...options };
}

/** Numbers in the first size that fits, else with fewer digits, else as a heat map. Null empties the place. */
function showNumbers({ label, heat, box, sizes, digits, ...look }, numbers) {
  let written = numbers ? asText(numbers, digits) : "";
  const fitting = () => sizes.find((size) => textWidth(written, size) <= box.w);
  let size = written === null ? undefined : fitting();
  for (let d = digits - 1; !size && d > 0 && numbers.kind !== ENTRIES; d--) {
    written = asText(numbers, d);
    size = fitting();
  }
  const asHeat = !size && numbers?.kind === ENTRIES;
  setText(label, asHeat ? "" : written);
  set(label, "font-size", size ?? sizes.at(-1) ?? 0);
  if (asHeat || heat.firstChild) heat.replaceChildren(...(asHeat ? heatCells(numbers, { box, ...look }) : []));
}

// ---- cards

function fullCard(scene, index, [x, y, w, h], vertical) {
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
  const caption = cutRuns(node.input ? [["input", ""]] : node.caption, vertical ? x + w * 0.24 : w + 48, 15);
  const group = cardGroup(node, x, y,
    rect("halo", -5, -5, w + 10, h + 10, radius + 4), rect("card", 0, 0, w, h, radius),
    path("row", lower), path("middle", `M1 ${half}H${w - 1}`), path("zigzag", zigzag),
    runText("caption", vertical ? w * 0.24 - 9 : w / 2, -15, caption, { "text-anchor": vertical ? "end" : "middle" }),
    runText("label", 13, array ? 25 : 32, node.name),
    array ? text("shape", 13, 42, node.shape.join("×")) : "",
    rect("slot value-slot", slotLeft, 10, Math.max(24, w - 11 - slotLeft), 28, 7), value.label, value.heat,
    labelled ? runText("derivative", 13, half + (of > 1 ? 22 : 26), derivative, { "font-size": small.toFixed(1) }) : "",
    rect("slot adjoint-slot", w - 74, half + 9, 63, 27, 7), adjoint.label, adjoint.heat, axis, bar, ...pips);
  return { group, value, adjoint, bar, axis, pips, middle: w / 2, room: w / 2 - 12, key: "" };
}

/** A small card: the value in three digits, the adjoint as a bar about a zero line. */
function smallCard(scene, index, [x, y, w, h]) {
  const node = scene.nodes[index], inset = node.input ? 10 : 6;
  const value = place("value", [3, 5, w - 6, 15], 17.5, [12.5, 11.5], { middle: true, digits: 3 });
  const adjoint = place("adjoint", [inset, 24.5, w - 2 * inset, 7], 0, [], { signed: true, digits: 1 }); // no text
  const bar = rect("bar", 0, 24.5, 0, 7, 1), axis = path("axis", `M${w / 2} 23v10`);
  const group = cardGroup(node, x, y,
    rect("halo", -4, -4, w + 8, h + 8, node.input ? 20 : 11), rect("card", 0, 0, w, h, node.input ? 17 : 7),
    node.input ? runText("caption", w / 2, -10, node.name, { "text-anchor": "middle" }) : "",
    rect("slot value-slot", 6, 5, w - 12, 15, 4), rect("slot adjoint-slot", inset, 24, w - 2 * inset, 8, 3),
    rect("row", inset - 1, 23.5, w - 2 * inset + 2, 9, 2), value.label, value.heat, bar, adjoint.heat, axis);
  return { group, value, adjoint, bar, axis, pips: [], middle: w / 2, room: w / 2 - inset, key: "" };
}
const cardGroup = (node, x, y, ...children) =>
  svg("g", { "data-node": node.id, tabindex: 0, role: "img", transform: `translate(${x} ${y})` }, ...children);

// ---- edges, gates, pills

const endOf = (way) => way.match(/-?[\d.]+(?:e-?\d+)?/g).slice(-2).map(Number);

function arrow([x, y], size, [dx, dy]) {
  const wing = size * 0.62, baseX = x - size * dx, baseY = y - size * dy;
  return `M${x} ${y}L${baseX + wing * dy} ${baseY + wing * dx}L${baseX - wing * dy} ${baseY - wing * dx}Z`;
}

/** The value's lane, and the adjoint's band before the gate (far) and after it (near). */
function edgeElement(edge, geometry, compact, vertical) {
  const band = (way) => (way ? { line: path("band", way), core: path("band-core", way) } : null);
  const near = band(geometry.near), far = band(geometry.far), back = `${geometry.far} ${geometry.near}`;
  const forward = path("lane", geometry.forward), guide = path("guide", back), tip = path("tip", "");
  const head = path("arrow", compact ? "" : arrow(endOf(geometry.forward), 10, vertical ? [0, 1] : [1, 0]));
  const bands = [far, near].filter(Boolean).flatMap(({ line, core }) => [line, core]);
  const group = svg("g", { class: "edge", "data-edge": edge.id, tabindex: 0, role: "img" },
    path("hit", geometry.forward), path("hit", back), forward, head, guide, ...bands, tip);
  return { group, forward, guide, near, far, tip, port: endOf(geometry.near), way: vertical ? [0, -1] : [-1, 0],
    key: "" };
}

function showBand({ line, core }, numbers, top, scale) {
  const hue = numbers ? sign(numbers) : "", much = numbers ? strength(numbers, top) : 0;
  const width = !numbers ? 0 : hue === "zero" ? 1.5 : (3.5 + 11.5 * much) * scale;
  setClass(line, `band ${hue}`);
  set(line, "stroke-width", width.toFixed(2));
  set(line, "stroke-opacity", numbers ? (0.7 + 0.3 * much).toFixed(2) : 0);
  set(core, "stroke-width", hue === "neg" ? (width * 0.3).toFixed(2) : 0);
  return width;
}

function growBand(band, share) {
  if (!band || (share === 1 && !band.line.style.strokeDasharray)) return;
  const length = share < 1 ? band.line.getTotalLength() : 0;
  const dashes = share < 1 ? `${share * length} ${length + 9}` : "";
  band.line.style.strokeDasharray = band.core.style.strokeDasharray = dashes;
}

const gateRuns = (edge) => (edge.pullback ? edge.formula : [["× ", ""], ...edge.formula]);

function gateElement(edge, [x, y, w, h], scale = 1) {
  const runs = gateRuns(edge), size = clamp((17 * (w - 10)) / runsWidth(runs, 17), 12, 17);
  const formula = runText("formula", 0, 6, cutRuns(runs, w - 4, size), { "font-size": size.toFixed(1) });
  const local = place("local", [6 - w / 2, 2, w - 12, 15], 15, [15, 13, 12, 11], { signed: true, middle: true });
  const group = svg("g", { transform: `translate(${x} ${y}) scale(${scale})`, "aria-hidden": "true" },
    rect("box", -w / 2, -h / 2, w, h, 9), formula, local.label, local.heat);
  return { group, formula, local };
}

/** Formula and number; the formula alone where it is a number already, or a whole expression. */
function updateGate(gate, edge, local, live, born) {
  const hue = !local ? "todo" : edge.pullback ? "" : sign(local);
  setClass(gate.group, `gate ${hue} ${edge.constant ? "constant" : ""} ${live ? "now" : ""} ${born ? "born" : ""}`);
  let number = local && !edge.constant && !edge.pullback ? uniform(local) : null;
  if (number?.kind === NORM) number = { ...number, kind: SHAPE };
  set(gate.formula, "y", number ? -3 : 6);
  showNumbers(gate.local, number);
}

function showPill(picture, k, numbers, hue, [x, y]) {
  while (picture.pills.length <= k) {
    const pill = { box: rect("", 0, -13, 0, 26, 13), label: svg("text", { y: 5.5 }) };
    pill.group = svg("g", {}, pill.box, pill.label);
    picture.pulses.append(pill.group);
    picture.pills.push(pill);
  }
  const { group, box, label } = picture.pills[k], scale = picture.scene.compact ? 0.8 : 1;
  const written = asText(numbers) ?? shapeText(numbers), width = Math.max(30, textWidth(written, 16) + 18);
  setText(label, written);
  set(box, "width", width.toFixed(1));
  set(box, "x", (-width / 2).toFixed(1));
  setClass(group, `pill ${hue}`);
  set(group, "transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale})`);
  set(group, "visibility", "visible");
}
const hidePills = (picture, from) =>
  picture.pills.slice(from).forEach(({ group }) => set(group, "visibility", "hidden"));

function pointOn(way, share) {
  const { x, y } = way.getPointAtLength(way.getTotalLength() * share);
  return [x, y];
}

// ---- picture: build once, then show a step

let serial = 0;
/** Build the SVG once. @param {Scene} scene @param {Geometry} geometry */
export function buildPicture(scene, geometry) {
  const { compact } = scene, { vertical } = geometry, id = `chainviz-hatch-${++serial}`;
  const hatch = svg("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)" }, path("hatch-line", "M0 0V7"));
  const edges = geometry.edges.map((way, j) => edgeElement(scene.edges[j], way, compact, vertical));
  const gates = geometry.edges.map(({ gate }, j) => gate && gateElement(scene.edges[j], gate));
  const cards = geometry.cards.map((box, i) =>
    (compact ? smallCard(scene, i, box) : fullCard(scene, i, box, vertical)));
  const floating = svg("g"), pulses = svg("g", { "aria-hidden": "true" });
  const parts = [...edges, ...gates.filter(Boolean), ...cards].map(({ group }) => group);
  const root = svg("svg", { viewBox: `0 0 ${geometry.width} ${geometry.height}`, role: "group",
    "aria-label": "Computation graph", style: `--hatch:url(#${id})` }, hatch, ...parts, floating, pulses);
  return { root, scene, geometry, edges, gates, cards, floating, pulses, pills: [], frame: null, serial: 0 };
}

function drawCard(scene, frame, shown, card, i, now) {
  const node = scene.nodes[i], value = shown.value[i] ? read(frame, node.value) : null;
  const adjoint = readAdjoint(frame, shown.adjoint[i]), of = uses(scene, i), count = shown.count[i];
  const part = adjoint && count < of, lost = value && !finite(value), number = adjoint?.kind === SCALAR;
  setClass(card.group, `node ${value ? "has-value" : "todo"} ${adjoint ? `has-adjoint ${sign(adjoint)}`
    : node.without && "has-adjoint without"} ${part ? "part" : ""} ${now ? "now" : ""} ${lost ? "lost" : ""} ` +
    `${lost && isBirthplace(scene, frame, node) ? "born" : ""}`);
  const heard = (numbers, none) => (numbers ? inWords(numbers) : none || "not computed yet");
  set(card.group, "aria-label", `${node.label}, value ${heard(value)}, ` +
    `${scene.d}${scene.nodes[scene.output].label}/${scene.d}${node.label} ${heard(adjoint, node.without)}` +
    `${part ? `, ${count} of ${of} contributions` : ""}`);
  const length = number && finite(adjoint) ? card.room * strength(adjoint, scene.top) : 0;
  set(card.bar, "width", length.toFixed(1));
  set(card.bar, "x", (card.middle - (adjoint?.data[0] < 0 ? length : 0)).toFixed(1));
  set(card.axis, "visibility", node.without || (adjoint && !number) ? "hidden" : "inherit");
  showNumbers(card.value, value);
  showNumbers(card.adjoint, adjoint);
  if (node.without) setText(card.adjoint.label, node.without);
  card.pips.forEach((pip, k) => setClass(pip, k < count ? "pip on" : "pip"));
}

function drawEdge(picture, frame, shown, j, live, settled) {
  const { scene } = picture, edge = scene.edges[j], element = picture.edges[j], scale = scene.compact ? 0.62 : 1;
  const arrived = shown.edge[j], visible = arrived || live, known = shown.value[edge.target];
  const contribution = read(frame, edge.contribution), local = known ? read(frame, edge.local) : null;
  const width = showBand(element.near, visible ? contribution : null, scene.top, scale);
  if (element.far) showBand(element.far, visible ? finalAdjoint(scene, frame, edge.target) : null, scene.top, scale);
  const derivative = edge.cut ? `${edge.cut}, no adjoint passes` : edge.pullback ? "as a pull-back"
    : local ? inWords(local) : "not computed yet";
  set(element.group, "aria-label", `edge ${scene.nodes[edge.source].label} to ${scene.nodes[edge.target].label}, ` +
    `local derivative ${derivative}`);
  setClass(element.forward, known ? "lane on" : "lane");
  setClass(element.tip, `tip ${sign(contribution)}`);
  set(element.tip, "d", arrived && !scene.compact ? arrow(element.port, width * 0.6 + 7, element.way) : "");
  set(element.guide, "visibility", arrived || edge.cut || scene.compact ? "hidden" : "inherit");
  if (!live || settled) [element.near, element.far].forEach((band) => growBand(band, 1));
  if (picture.gates[j]) {
    updateGate(picture.gates[j], edge, local, live, visible && losesAdjoint(scene, frame, edge));
  }
}

/** Compact drawings show one gate, of the edge that is now or pointed at, and above the cards it belongs to. */
function drawFloatingGate(picture, frame, j) {
  if (j < 0) return picture.floating.replaceChildren();
  const { scene, geometry, shown } = picture, edge = scene.edges[j], element = picture.edges[j], scale = 0.72;
  element.middle ??= pointOn(element.near.line, 0.5); // asking for a length makes the browser lay out: once an edge
  const width = Math.max(66, runsWidth(gateRuns(edge), 17) + 20), half = (42 * scale) / 2 + 5;
  const [x, middle] = element.middle, reach = (width * scale) / 2 + 4;
  const inWay = [edge.source, edge.target].map((i) => geometry.cards[i]).filter(([left, top, w, h]) =>
    Math.abs(left + w / 2 - x) < w / 2 + reach && Math.abs(top + h / 2 - (middle - half)) < h / 2 + half);
  const y = Math.max(half, Math.min(middle, ...inWay.map(([, top]) => top)) - half);
  const gate = gateElement(edge, [clamp(x, reach, geometry.width - reach), y, width, 42], scale);
  updateGate(gate, edge, shown.value[edge.target] ? read(frame, edge.local) : null, j === picture.liveEdge, false);
  picture.floating.replaceChildren(gate.group);
}

/**
 * Show one step: a pure function of (scene, frame, step). While a step is still travelling (`settled` false), it shows
 * what was known before, with the halo already on the new place.
 */
export function draw(picture, frame, step, settled = true) {
  const { scene } = picture, [kind, index] = scene.steps[step], now = new Set(nodesNow(scene, scene.steps[step]));
  const shown = shownAt(scene, settled ? step : step - 1);
  if (picture.frame !== frame) picture.serial += 1;
  Object.assign(picture, { frame, shown, liveEdge: kind === "edge" ? index : -1 });
  setClass(picture.root, `picture ${step >= scene.turn ? "back" : ""} ${scene.compact ? "compact" : ""}`);
  // A key names all that a card or an edge depends on; where it is the same, nothing is touched.
  picture.cards.forEach((card, i) => {
    const key = `${picture.serial} ${shown.value[i]} ${shown.adjoint[i]} ${shown.count[i]} ${now.has(i)}`;
    if (key !== card.key) drawCard(scene, frame, shown, card, i, now.has(i));
    card.key = key;
  });
  picture.edges.forEach((element, j) => {
    const live = j === picture.liveEdge;
    const key = `${picture.serial} ${shown.value[scene.edges[j].target]} ${shown.edge[j]} ${live} ${live && settled}`;
    if (key !== element.key) drawEdge(picture, frame, shown, j, live, settled);
    element.key = key;
  });
  if (scene.compact) drawFloatingGate(picture, frame, picture.liveEdge);
  if (settled) hidePills(picture, 0);
}

const ease = (t) => (t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2);

/** In ms: when the pill has arrived, when the state switches, when the step is over. */
const DURATIONS = { start: [0, 0, 300], value: [720, 774, 900], seed: [0, 120, 700], edge: [1080, 1161, 1350],
  sum: [1080, 1910, 2150] };
function timing(scene, step) {
  const [kind, i] = scene.steps[step], times = DURATIONS[kind === "edge" && scene.edges[i].nth > 1 ? "sum" : kind];
  const [travel, change, end] = times.map((time) => time * (scene.compact ? 0.5 : 1));
  return { travel, change, end, rest: scene.compact ? 124 : 620 };
}

function travel(picture, frame, step, elapsed) {
  const { scene } = picture, [kind, index] = scene.steps[step], time = timing(scene, step);
  const share = time.travel ? ease(clamp(elapsed / time.travel, 0, 1)) : 1;
  if (kind === "value") {
    const { into } = scene.nodes[index], from = (j) => scene.nodes[scene.edges[j].source];
    into.forEach((j, k) => showPill(picture, k, read(frame, from(j).value), "ink",
      pointOn(picture.edges[j].forward, share)));
    return hidePills(picture, into.length);
  }
  hidePills(picture, kind === "edge" ? 1 : 0);
  if (kind !== "edge") return;
  const edge = scene.edges[index], { near, far, way } = picture.edges[index];
  const before = far?.line.getTotalLength() ?? 0, gate = before / (before + near.line.getTotalLength() || 1);
  const shareNear = clamp((share - gate) / (1 - gate || 1), 0, 1), past = share >= (far ? gate : 0.5);
  growBand(far, gate ? clamp(share / gate, 0, 1) : 1);
  growBand(near, shareNear);
  const numbers = past ? read(frame, edge.contribution) : finalAdjoint(scene, frame, edge.target);
  const [x, y] = share < gate ? pointOn(far.line, share / gate) : pointOn(near.line, shareNear);
  // A later contribution waits at the port, then moves into the card: that is the +=.
  const wait = time.travel * 1.25, joining = clamp((elapsed - wait) / (time.change - wait), 0, 1);
  const inside = edge.nth > 1 ? ease(joining) : 0;
  showPill(picture, 0, numbers, sign(numbers), [x + way[0] * 50 * inside, y + way[1] * 30 * inside]);
}

// ---- words: the step as a sentence and as an equation

/** say`The value of ${name} is ${number}.`: text, elements and lists of them in one row. */
const say = (texts, ...parts) => texts.flatMap((text, i) => [text, parts[i] ?? ""].flat());
const nameOf = (node) => span("name", node.name);
const number = (numbers, colour = true) =>
  html("b", { class: `number ${colour ? sign(numbers) : ""}` }, inWords(numbers));
const equation = (...parts) => parts.filter(Boolean).join(EQUALS);
const listed = (parts) => parts.flatMap((part, i) => [i === 0 ? "" : i === parts.length - 1 ? " and " : ", ", ...part]);

function startWords(scene, frame) {
  const equations = scene.inputs.map((i) => [scene.nodes[i].mathml, read(frame, scene.nodes[i].value)])
    .filter(([, numbers]) => writable(numbers)).map(([name, numbers]) => equation(name, mathNumbers(numbers)));
  return { sentence: say`The inputs are given. Press play to let values flow forward.`,
    equations: [equations.join("<mo>,</mo><mspace width='.6em'></mspace>")] };
}

function valueWords(scene, frame, i) {
  const node = scene.nodes[i], value = read(frame, node.value);
  const args = [...new Set(node.args)].map((a) => scene.nodes[a]);
  const from = args.map((arg) => {
    const numbers = read(frame, arg.value);
    return [nameOf(arg), numbers.kind === SCALAR ? ` = ${format(numbers.data[0])}` : ""];
  });
  const symbols = symbolic(scene, node.symbolic, i), numbers = numeric(scene, frame, node.numeric, i);
  const norm = value.kind === NORM ? equation(`<mrow><mo>‖</mo>${node.mathml}<mo>‖</mo></mrow>`,
    mathNumbers(scalar(value.data[0]), NOW)) : "";
  return {
    sentence: say`The value of ${nameOf(node)} is ${from.length ? "computed from " : "given"}${listed(from)}${
      args.length < 5 ? ": it" : ". It"} is ${number(value, false)}.${
      isBirthplace(scene, frame, node) ? " This is the first place that is not a finite number." : ""}`,
    equations: [equation(node.mathml, symbols, numbers !== symbols && numbers, mathNumbers(value, NOW)), norm],
  };
}

function seedWords(scene, frame, i) {
  return {
    sentence: say`Now backward. ${
      nameOf(scene.nodes[i])} changes exactly as fast as itself, so its adjoint starts at 1.`,
    equations: [equation(fraction(scene, i, i), mathNumbers(scalar(1), RESULT))],
  };
}

/** The local derivatives from the output down to an edge; null where values fan out, or beyond four. */
function chainFactors(scene, edge) {
  const factors = [edge];
  while (factors[0].target !== scene.output) {
    const { out } = scene.nodes[factors[0].target], next = scene.edges[out[0]];
    if (out.length !== 1 || next.pullback || factors.length === 4) return null;
    factors.unshift(next);
  }
  return factors;
}

/** A source that was broadcast gets the sum over the entries that it was stretched to. */
const summed = ({ nodes }, { source, target }) => String(nodes[source].shape) === String(nodes[target].shape)
  ? "" : "<mo>Σ</mo>";

/** dy/da · da/dz = cos a · 2z = −0.9577 · 8 = −7.661, or for a pull-back the expression and its result. */
function productEquation(scene, frame, edge, look) {
  const result = mathNumbers(read(frame, edge.contribution), look);
  if (edge.pullback) return equation(symbolic(scene, edge.template, edge.target), result);
  const local = uniform(read(frame, edge.local)), arriving = finalAdjoint(scene, frame, edge.target);
  const dot = local.kind === SCALAR || arriving.kind === SCALAR ? TIMES : ENTRYWISE, sum = summed(scene, edge);
  const upstream = fraction(scene, scene.output, edge.target), chain = chainFactors(scene, edge);
  const factors = (chain ?? [edge]).map(({ template, target, loose }) => {
    const content = symbolic(scene, template, target);
    return loose && chain?.length !== 1 ? bracket(content) : content;
  });
  const numbers = writable(arriving) && writable(local)
    ? mathNumbers(arriving, SIGNED) + dot + mathNumbers(local, FACTOR) : "";
  return equation(sum + upstream + dot + fraction(scene, edge.target, edge.source),
    `<mrow class="chainviz-chain">${sum}${(chain ? factors : [upstream, ...factors]).join(dot)}${numbers && EQUALS}</mrow>`
    + (numbers && sum + numbers), result);
}

function edgeSentence(scene, frame, edge) {
  const source = nameOf(scene.nodes[edge.source]), target = scene.nodes[edge.target], many = edge.of > 1;
  const up = finalAdjoint(scene, frame, edge.target), local = uniform(read(frame, edge.local));
  const single = local.kind === SCALAR, product = number(read(frame, edge.contribution));
  const used = many
    ? say`${source} is used ${edge.of} times. Contribution ${edge.nth}, through ${nameOf(target)}` : [];
  if (edge.pullback) {
    return say`${used}${many ? ". " : ""}The adjoint of ${nameOf(target)} arrives and is pulled back through ${
      span("name", target.caption)}.`;
  }
  if (many && single && up.kind === SCALAR) {
    return say`${used}: adjoint ${number(up)} × local ${number(local)} = ${product}.`;
  }
  if (many) return say`${used}: adjoint × local derivative, entry by entry.`;
  return say`The adjoint of ${nameOf(target)} is ${number(up)}. On its way to ${
    source} it is multiplied by the local derivative${single ? [" ", number(local)] : ", entry by entry"}${
    summed(scene, edge) && ", and summed"}.`;
}

function sumWords(scene, frame, edge) {
  if (edge.of < 2) return { sentence: [], equations: [] };
  const left = edge.of - edge.nth, tail = left ? `${left} still to come.` : "All have arrived.";
  if (edge.nth === 1) return { sentence: [" ", tail], equations: [] };
  const previous = scene.nodes[edge.source].out.map((j) => scene.edges[j]).find(({ nth }) => nth === edge.nth - 1);
  const all = [previous.running, edge.contribution, edge.running].map((slot) => read(frame, slot));
  const [before, now, total] = all.map((numbers) => number(numbers));
  const goal = fraction(scene, scene.output, edge.source) + (left ? "<mo>←</mo>" : EQUALS);
  return {
    sentence: all.every((numbers) => asText(numbers))
      ? say` So far ${before}, now ${html("b", {}, "+=")} ${now}: ${total}. ${tail}`
      : say` It is added to the sum so far. ${tail}`,
    equations: all.every(writable) ? [goal + equation(
      `${mathNumbers(all[0], SIGNED)}<mo>+</mo>${mathNumbers(all[1], FACTOR)}`, mathNumbers(all[2], RESULT))] : [],
  };
}

function edgeWords(scene, frame, j) {
  const edge = scene.edges[j], sum = sumWords(scene, frame, edge);
  const product = productEquation(scene, frame, edge, sum.equations.length ? SIGNED : RESULT);
  return {
    sentence: [...edgeSentence(scene, frame, edge), ...sum.sentence,
      losesAdjoint(scene, frame, edge) ? " Here the derivative stops being a finite number." : ""],
    equations: [equation(edge.of === 1 && fraction(scene, scene.output, edge.source), product), ...sum.equations],
  };
}

const WORDS = { start: startWords, value: valueWords, seed: seedWords, edge: edgeWords };

/** "x = 0.5, W = [1, 2]": what the picture shows. */
const inputsText = (scene, frame) => scene.inputs.map((i) => scene.nodes[i])
  .map((node) => `${node.label} = ${inWords(read(frame, node.value))}`).join(", ");

// ---- inputs: sliders, grids, exact numbers

function parseNumber(text, { min = -Infinity, max = Infinity }) {
  const typed = text.trim(), plain = typed.replace(/−/g, "-"), value = Number(plain);
  const example = min <= 0.5 && 0.5 <= max ? 0.5 : (min + max) / 2;
  const range = Number.isFinite(max - min) ? ` from ${format(min)} to ${format(max)}` : "";
  const fault = (what) => ({ message: `${what} Type a number${range}, such as ${format(example)}.` });
  if (!plain) return fault("The field is empty.");
  if (/^[-+]?\d*,\d+$/.test(plain)) {
    return { message: `‘${typed}’ has a comma. Write ${typed.replace(",", ".").replace("-", "−")}.` };
  }
  if (/^[-+]?(nan|inf(inity)?|∞)$/i.test(plain) || Math.abs(value) === Infinity) {
    return fault(`‘${typed}’ is not a finite number.`);
  }
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return fault(`‘${typed}’ is not a number.`);
  if (value < min || value > max) return fault(`${format(value)} is outside the range.`);
  return { value };
}

/** A text field for one exact number: four digits at rest, all of them while it is edited. */
function numberField(label, range, apply, signal) {
  const id = `chainviz-note-${++serial}`, note = html("div", { class: "note", id, role: "alert", hidden: "" });
  const input = html("input", { class: "field", type: "text", inputmode: "decimal",
    "aria-label": label, "aria-describedby": id });
  let current = NaN, written = "", editing = false;
  const complain = (message) => {
    note.hidden = !message;
    note.textContent = message;
    if (message) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  };
  const show = () => {
    written = input.value = editing ? String(current).replace(/-/g, "−") : format(current);
    complain("");
  };
  const commit = () => {
    if (input.value === written) return show();
    const { value, message } = parseNumber(input.value, range);
    if (message) return complain(message);
    current = value;
    show();
    apply(value);
  };
  listen(input, {
    focus() { editing = true; if (note.hidden) show(); input.select(); },
    blur() { editing = false; commit(); },
    keydown(event) {
      if (event.key === "Enter") { commit(); if (note.hidden) input.select(); }
      if (event.key === "Escape") show();
    },
  }, signal);
  const sync = (value, force = false) => {
    const changed = value !== current;
    current = value;
    if (force || (changed && !editing)) show();
  };
  return { input, note, sync };
}

function sliderControl(spec, get, change, signal) {
  const { min, max, step, label } = spec;
  const slider = html("input", { class: "slider", type: "range", min, max, step, "aria-label": label });
  const field = numberField(label, spec, (value) => { slider.value = value; change(value); }, signal);
  let held = false;
  listen(slider, {
    pointerdown() { held = true; },
    "pointerup pointercancel blur"() { held = false; },
    input() { field.sync(+slider.value, true); change(+slider.value); },
  }, signal);
  const sync = (value) => {
    slider.setAttribute("aria-valuetext", format(value));
    if (held) return; // never move what the user drags
    slider.value = value;
    field.sync(value);
  };
  return { top: field.input, body: [slider, field.note], sync };
}

/** A small table of number fields. A vector comes as n rows and one column, and is edited as one row. */
function gridControl({ label, ndim, rows, cols }, get, change, signal) {
  const flat = ndim === 1, width = flat ? rows * cols : cols;
  const fields = Array.from({ length: rows * cols }, (_, k) => {
    const r = Math.floor(k / width), c = k % width;
    const name = flat ? `${label}, entry ${c + 1}` : `${label}, row ${r + 1}, column ${c + 1}`;
    return numberField(name, {}, (value) => {
      const next = structuredClone(get());
      (flat ? next : next[r])[c] = value;
      change(next);
    }, signal);
  });
  const table = html("div", { class: "grid", role: "group", "aria-label": label, style: `--cols:${width}` },
    ...fields.map(({ input }) => input));
  return { top: "", body: [table, ...fields.map(({ note }) => note)],
    sync: (value) => value.flat().forEach((entry, k) => fields[k]?.sync(entry)) };
}

const fixedControl = (spec) => ({ top: "", body: [box("fixed", spec.text)], sync() {} });

function createInputs(container, specs, get, send, signal) {
  const kinds = { slider: sliderControl, grid: gridControl };
  const controls = specs.map((spec) => {
    const { name, kind } = spec, create = kinds[kind] ?? fixedControl;
    const control = create(spec, () => get()[name], (value) => send(name, value), signal);
    const label = html("span", { class: "input-name", "aria-hidden": "true" }, spec.label);
    container.append(box(`input ${kind === "slider" ? "" : "loose"}`, box("input-top", label, control.top),
      ...control.body));
    return { name, label, control };
  });
  return {
    sync(values) { for (const { name, control } of controls) if (name in values) control.sync(values[name]); },
    rename({ inputs, nodes }) {
      if (inputs.length !== controls.length) return;
      controls.forEach(({ label }, k) => label.replaceChildren(...runMarkup(nodes[inputs[k]].name)));
    },
  };
}

// ---- track: time as a hairpin

const LANES = { left: 14, top: 24, bottom: 50, radius: 13, height: 74 };

function tickLabel(scene, [kind, i]) {
  if (kind === "start") return scene.inputs.flatMap((n, k) => [[k ? ", " : "", ""], ...scene.nodes[n].name]);
  if (kind === "value") return scene.nodes[i].name;
  const { source, target, of } = kind === "edge" ? scene.edges[i] : { source: i };
  if (!(of > 1)) return derivativeRuns(scene, source);
  return [...scene.nodes[target].name, ["→", ""], ...scene.nodes[source].name];
}

/** The scrub track: forward runs right on top, turns at the seed and returns below. */
function createTrack(element, go, signal) {
  const { left, top, bottom, radius, height } = LANES;
  let scene, right, counts, ticks, run, thumb;
  const at = (k) => (k < scene.turn ? [left + ((right - left) * k) / counts[0], top]
    : [right - ((right - left) * (k - scene.turn)) / counts[1], bottom]);
  const turn = () => `A${radius} ${radius} 0 0 1 ${right} ${bottom}`;
  /** Labels at the ticks where every one has room, else one for the lane. */
  const laneLabels = (lane) => {
    const y = lane ? bottom + 23 : top - 14, room = (right - left) / counts[lane];
    const labels = scene.steps.map((step, k) => [tickLabel(scene, step), k])
      .filter(([, k]) => k >= scene.turn === Boolean(lane));
    if (scene.steps.length <= 24 && labels.every(([runs]) => runsWidth(runs, 13) < room)) {
      return labels.map(([runs, k]) => runText("tick-label", at(k)[0], y, runs));
    }
    return [text("lane-label", left - 8, lane ? height - 3 : 10, lane ? "← adjoints backward" : "values forward →")];
  };
  const show = (next) => {
    scene = next;
    right = Math.max(120, element.clientWidth - 36);
    counts = [scene.turn - 1, scene.steps.length - 1 - scene.turn].map((count) => Math.max(1, count));
    const size = scene.steps.length <= 24 ? 5 : 2.2, dots = Math.max(...counts) < 70 ? scene.steps : [];
    ticks = dots.map((_, k) => circle("tick", ...at(k), size));
    run = path("run", "");
    thumb = svg("g", {}, circle("thumb", 0, 0, 9.5), path("pointer", "M5 0l-7 -4.6v9.2Z"));
    element.replaceChildren(svg("svg", { "aria-hidden": "true", height },
      path("rail", `M${left} ${top}H${right}${turn()}H${left}`), run, ...ticks, ...laneLabels(0), ...laneLabels(1),
      thumb));
  };
  const update = (frame, step) => {
    const [x, y] = at(step), back = step >= scene.turn, last = scene.steps.length - 1;
    ticks.forEach((tick, k) => {
      const [kind, i] = scene.steps[k], done = k <= step;
      const hue = kind === "edge" ? sign(read(frame, scene.edges[i].contribution)) : kind === "seed" ? "pos" : "ink";
      setClass(tick, done ? `tick on ${hue}` : "tick");
    });
    set(run, "d", `M${left} ${top}H${back ? `${right}${turn()}H${x}` : x}`);
    set(thumb, "transform", `translate(${x} ${y}) scale(${back ? -1 : 1} 1)`);
    set(element, "aria-valuemax", last);
    set(element, "aria-valuenow", step);
    set(element, "aria-valuetext", `step ${step} of ${last}, ${back ? "backward" : "forward"}`);
  };
  const scrub = ({ clientX, clientY }) => {
    const box = element.getBoundingClientRect(), share = clamp((clientX - box.left - left) / (right - left), 0, 1);
    const above = scene.turn > 0 && clientY - box.top < box.height / 2, last = scene.steps.length - 1;
    go(above ? Math.round(share * (scene.turn - 1)) : scene.turn + Math.round((1 - share) * (last - scene.turn)));
  };
  listen(element, {
    pointerdown(event) {
      if (!scene || event.button) return;
      element.setPointerCapture(event.pointerId);
      scrub(event);
    },
    pointermove(event) { if (element.hasPointerCapture(event.pointerId)) scrub(event); },
  }, signal);
  return { show, update };
}

// ---- shell: head, stage, sentence, transport, help

const ICONS = {
  first: "M3 2h2v12H3zM14 2v12L6 8z", back: "M11 2v12L3 8zM12 2h2v12h-2z", play: "M4 1.5v13L14.5 8z",
  pause: "M3.5 2h3.2v12H3.5zM9.3 2h3.2v12H9.3z", next: "M5 2v12l8-6zM2 2h2v12H2z", last: "M11 2h2v12h-2zM2 2v12l8-6z",
};
const BUTTONS = [["first", "To the start", "Home"], ["back", "Step back", "←"], ["play", "Play", "space"],
  ["next", "Step", "→"], ["last", "To the end", "End"], ["help", "Keys and legend", "?"]];
const KEYS = { " ": "play", ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", "?": "help" };

function buildShell() {
  const [formula, inputs, results, scroller, phase, equation] =
    ["formula", "inputs", "results", "scroller", "phase", "equation"].map((name) => box(name));
  const sentence = html("p", { class: "sentence" }), message = html("div", { class: "message", role: "status" });
  const track = html("div", { class: "track", role: "slider", tabindex: 0, "aria-label": "Step", "aria-valuemin": 0 });
  const live = html("div", { class: "hidden", "aria-live": "polite" });
  const help = html("dialog", { class: "help", "aria-label": "Keys and legend" });
  const speed = html("select", { class: "speed", "aria-label": "Speed", title: "Speed" },
    ...[0.5, 1, 2, 4].map((s) => html("option", { value: s }, `${s === 0.5 ? "½" : s}×`)));
  const buttons = BUTTONS.map(([name, label, key]) => html("button", { class: `button ${name === "play" ? "go" : ""}`,
    type: "button", "data-do": name, "aria-label": label, title: `${label} (${key})` },
    ICONS[name] ? svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] })) : key));
  const stage = box("stage", scroller), say = box("say", phase, sentence, equation, message);
  const transport = box("transport", box("buttons", ...buttons.slice(0, 5)), track, box("buttons", speed, buttons[5]));
  const root = html("div", { tabindex: 0, role: "region", "aria-label": "Chain rule explorer",
    "data-lm-suppress-shortcuts": "true" },
    box("head", formula, inputs, results), stage, box("foot", say, transport), live, help);
  root.classList.add("chainviz");
  return { root, formula, inputs, results, stage, scroller, say, phase, sentence, equation, message, track, speed, live,
    help, play: buttons[2] };
}

/** y and every dy/dx. Returns the function that shows a step. */
function createResults(container, scene) {
  const room = { x: 1, y: 1, w: 82, h: 28 }, parts = [];
  const entry = (i, runs, signed) => {
    const text = html("b"), heat = svg("svg", { viewBox: "0 0 84 30", class: "result-map" });
    parts.push(html("div", { class: "result", "data-of": scene.nodes[i].label }, span("of", runs), text, heat));
    return (numbers) => {
      const none = scene.nodes[i].without, written = numbers ? asText(numbers) : none;
      const hue = none ? "list" : !numbers ? "gap" : signed || !finite(numbers) ? sign(numbers) : "ink";
      setClass(text, numbers?.kind === ENTRIES ? `list ${hue}` : hue);
      setText(text, written ?? "");
      text.hidden = written === null;
      heat.style.display = text.hidden ? "" : "none";
      heat.replaceChildren(...(text.hidden ? heatCells(numbers, { box: room, signed }) : []));
    };
  };
  const { output, inputs, nodes } = scene, showOutput = entry(output, nodes[output].name, false);
  const showInputs = inputs.map((i) => entry(i, derivativeRuns(scene, i), true));
  container.replaceChildren(...parts);
  setClass(container, inputs.length > 2 ? "results many" : "results");
  return (frame, step) => {
    const { value, adjoint, count } = shownAt(scene, step);
    showOutput(value[output] ? read(frame, nodes[output].value) : null);
    inputs.forEach((i, k) => showInputs[k](count[i] === uses(scene, i) ? readAdjoint(frame, adjoint[i]) : null));
  };
}

const LEGEND = [["dashed, empty", "not computed yet"], ["amber", "the current step"], ["dashed band", "exactly zero"],
  ["hatched, ●○", "not all contributions have arrived"], ["zigzag", "not a finite number"]];

function fillHelp(dialog) {
  const sample = (number) => {
    const band = { line: path("", "M4 8H72"), core: path("band-core", "M4 8H72") };
    showBand(band, scalar(number), 1, 1);
    return svg("svg", { class: "sample", width: 76, height: 16 }, band.line, band.core);
  };
  const list = (rows, tag) => html("dl", {}, ...rows.flatMap(([term, text]) =>
    [html("dt", {}, html(tag, {}, term)), html("dd", {}, text)]));
  const keys = [...BUTTONS.map(([, label, key]) => [key, label]), ["tab", "Walk along edges and nodes"]];
  dialog.replaceChildren(html("h3", {}, "How to read the picture"),
    html("p", {}, "Values are ink; derivatives have colour. ", sample(5), " positive: one solid band. ", sample(-5),
      " negative: a band with a light core. Thicker means larger, on a logarithmic scale."),
    list(LEGEND, "b"), list(keys, "kbd"), html("form", { method: "dialog" },
      html("button", { class: "button" }, "Close")));
}

// ---- render: model, clock, keys

/** The numbers of a frame, copied: the view that arrives may lie at an odd offset. */
function unpack(view) {
  if (!view?.byteLength) return null;
  return new Float64Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer);
}

function belongs(scene, frame, specs, values) {
  return specs.every(({ name }, k) => {
    const node = scene.nodes[scene.inputs[k]], numbers = node && read(frame, node.value);
    return !node || numbers.kind === NORM || values[name] === undefined ||
      [values[name]].flat(Infinity).every((value, n) => Object.is(value + 0, numbers.data[n] + 0));
  });
}

const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function render({ model, el, signal: outer }) {
  const control = new AbortController(), { signal } = control, parts = buildShell(), { root, scroller } = parts;
  outer?.addEventListener("abort", () => control.abort(), { signal });
  const get = (name) => model.get(name);
  const save = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  // elapsed: ms into the current step at speed 1; pause: ms of rest after it
  let scene = null, frame = null, picture = null, step = 0, elapsed = Infinity, settled = true, pause = 0;
  let inputs, inputsControl, results, scale = 1, waiting = 0, late = false, request = 0, before = 0;
  const track = createTrack(parts.track, (k) => { stop(); go(k, false); }, signal);
  const lastStep = () => scene.steps.length - 1;

  function speak() {
    const [kind, i] = scene.steps[step], back = step >= scene.turn;
    const { sentence, equations } = WORDS[kind](scene, frame, i);
    const count = back ? `${step - scene.turn + 1} of ${scene.steps.length - scene.turn}`
      : step ? `${step} of ${scene.turn - 1}` : "start";
    const [arrow, way] = back ? ["⟵", "Backward"] : ["⟶", "Forward"];
    parts.phase.replaceChildren(html("i", {}, arrow), html("b", {}, way), count);
    parts.sentence.replaceChildren(...sentence);
    parts.equation.replaceChildren(...equations.map(math));
    if (get("playing") && get("speed") > 1) return; // faster than anyone can listen
    setText(parts.live, `Step ${step} of ${lastStep()}. ${parts.sentence.textContent}`);
  }
  function show() {
    draw(picture, frame, step, settled);
    if (!settled) travel(picture, frame, step, elapsed);
    results(frame, settled ? step : step - 1);
    track.update(frame, step);
  }
  /** Keep the current cards in sight by scrolling the stage, never the page. */
  function follow() {
    const near = nodesNow(scene, scene.steps[step]).map((n) => picture.geometry.cards[n]);
    const goal = (at, seen, scrolled) => {
      const low = Math.min(...near.map((box) => box[at])) * scale - 40;
      const high = Math.max(...near.map((box) => box[at] + box[at + 2])) * scale + 40;
      return low >= scrolled && high <= scrolled + seen ? scrolled : (low + high - seen) / 2;
    };
    scroller.scrollTo({ left: goal(0, scroller.clientWidth, scroller.scrollLeft),
      top: goal(1, scroller.clientHeight, scroller.scrollTop), behavior: reducedMotion() ? "auto" : "smooth" });
  }
  function resize() {
    const width = scroller.clientWidth;
    if (!scene || !width) return;
    measureIn(`600 100px ${getComputedStyle(root).fontFamily}`);
    const geometry = scene.tall && root.clientWidth < 640 ? scene.tall : scene.wide, { vertical } = geometry;
    if (picture?.geometry !== geometry) {
      picture = buildPicture(scene, geometry);
      scroller.replaceChildren(picture.root);
    }
    const least = scene.compact ? 0.8 : 0.62, most = vertical && !scene.compact ? 0.92 : 1.12;
    scale = clamp(Math.min(width / geometry.width, vertical ? most : 640 / geometry.height), least, most);
    picture.root.style.width = `${Math.floor(geometry.width * scale)}px`;
    track.show(scene);
    show();
    follow();
  }

  // -- state from Python
  function refreshScene() {
    const next = get("scene"), numbers = unpack(get("frame"));
    if (next?.nodes && numbers?.[0] === next.version) {
      const fresh = next !== scene;
      [scene, frame, step] = [next, numbers, clamp(get("step") | 0, 0, next.steps.length - 1)];
      if (fresh) showScene();
      else if (picture) show();
      speak();
    }
    refreshMessage();
    run();
  }
  function showScene() {
    [picture, elapsed, settled] = [null, Infinity, true];
    parts.formula.replaceChildren(math(scene.formula ?? ""));
    const tables = scene.nodes.map((node) => read(frame, node.value)).filter(writable);
    parts.say.style.setProperty("--rows", Math.max(1, ...tables.map(({ rows }) => rows)));
    results = createResults(parts.results, scene);
    inputs.rename(scene);
    refreshMessage();
    resize();
  }
  /** An error or a slow kernel dims the picture and speaks in place of the sentence. */
  function refreshMessage() {
    const error = get("error");
    const behind = scene && !error && !belongs(scene, frame, get("inputs"), get("values"));
    if (!behind) {
      clearTimeout(waiting);
      [waiting, late] = [0, false];
    } else waiting ||= setTimeout(() => { late = true; refreshMessage(); }, 400);
    const shows = scene && (error || late) ? inputsText(scene, frame) : "";
    const lines = error ? [html("b", {}, error), shows && `The picture shows the last good input: ${shows}.`]
      : late ? [`Waiting for the kernel. The picture still shows ${shows}.`] : [];
    parts.message.replaceChildren(...lines.filter(Boolean).map((line) => html("div", {}, line)));
    setClass(parts.stage, lines.length ? "stage dim" : "stage");
    const sums = scene?.edges.some(({ of }) => of > 1);
    setClass(parts.say, `say ${sums ? "sums" : ""} ${lines.length ? "told" : ""} ${error ? "error" : ""}`);
  }
  function refreshInputs() {
    inputsControl?.abort();
    inputsControl = new AbortController();
    parts.inputs.replaceChildren();
    inputs = createInputs(parts.inputs, get("inputs"), () => get("values"),
      (name, value) => save({ values: { ...get("values"), [name]: value } }), inputsControl.signal);
    inputs.sync(get("values"));
    if (scene) inputs.rename(scene);
  }
  function refreshPlaying() {
    const playing = get("playing"), label = playing ? "Pause" : "Play";
    set(parts.play, "aria-label", label);
    set(parts.play.querySelector("path"), "d", ICONS[label.toLowerCase()]);
    pause = Infinity;
    run();
  }
  function refreshSpeed() {
    const value = get("speed");
    parts.speed.value = value;
    if (!parts.speed.value) parts.speed.append(html("option", { value, selected: "" }, `${value}×`)); // set from Python
  }

  // -- the clock. Two views stay together: each step that one of them sets starts the other's clock anew.
  function enter(next, animate) {
    settled = !animate || reducedMotion();
    [step, elapsed, pause] = [next, settled ? Infinity : 0, 0];
    show();
    speak();
    follow();
    run();
  }
  function go(goal, animate = true) {
    if (!picture) return;
    const next = clamp(goal, 0, lastStep());
    if (next !== step) {
      enter(next, animate && next > step);
      save({ step: next });
    } else if (!animate && !settled) enter(next, false);
  }
  function tick(time) {
    const passed = Math.min(50, time - before) * (get("speed") || 1), plan = timing(scene, step);
    [request, before] = [0, time];
    if (elapsed < plan.end) {
      elapsed += passed;
      if (!settled && elapsed >= plan.change) { settled = true; show(); }
      if (!settled) travel(picture, frame, step, elapsed);
    } else if (get("playing")) {
      pause += passed;
      // Without motion the time of the journey is time to read.
      if (pause > plan.rest + (reducedMotion() ? plan.end : 0)) {
        if (step < lastStep()) go(step + 1); else stop();
      }
    }
    run();
  }
  function run() {
    const busy = picture && !document.hidden && !signal.aborted &&
      (get("playing") || elapsed < timing(scene, step).end);
    if (request || !busy) return;
    before = performance.now();
    request = requestAnimationFrame(tick);
  }
  function halt() { request = cancelAnimationFrame(request); }
  function stop() { if (get("playing")) save({ playing: false }); }

  // -- what the user does
  const actions = {
    first() { stop(); go(0, false); },
    back() { stop(); go(step - 1, false); },
    next() { stop(); go(step + 1); },
    last() { stop(); go(Infinity, false); },
    play() {
      if (!picture) return;
      if (!get("playing") && step === lastStep()) go(0, false);
      save({ playing: !get("playing") });
    },
    help() { fillHelp(parts.help); parts.help.showModal(); },
  };
  listen(root, {
    click({ target }) { actions[target.closest("[data-do]")?.dataset.do]?.(); },
    keydown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.stopPropagation(); // a key that reaches the notebook takes the focus back to its cell
      const own = event.target.closest(event.key === " " ? "input, select, dialog, button" : "input, select, dialog");
      if (own || !KEYS[event.key]) return;
      event.preventDefault();
      actions[KEYS[event.key]]();
    },
  }, signal);
  listen(scroller, {
    mousedown(event) {
      if (!event.target.closest("svg")) return;
      event.preventDefault();
      root.focus({ preventScroll: true });
    },
    "pointerover pointerout focusin focusout"({ type, target }) {
      if (!scene?.compact || !picture) return;
      const at = /over|in$/.test(type) ? picture.edges.findIndex(({ group }) => group.contains(target)) : -1;
      drawFloatingGate(picture, frame, at < 0 ? picture.liveEdge : at);
    },
  }, signal);
  listen(parts.speed, { change() { save({ speed: +parts.speed.value }); } }, signal);
  listen(document, { visibilitychange() { if (document.hidden) halt(); else run(); } }, signal);

  // -- what Python does
  const watched = {
    scene: refreshScene, frame: refreshScene, error: refreshMessage, inputs: refreshInputs, speed: refreshSpeed,
    playing: refreshPlaying,
    values() { inputs.sync(get("values")); refreshMessage(); },
    step() {
      const next = picture ? clamp(get("step") | 0, 0, lastStep()) : step;
      if (next !== step) enter(next, next === step + 1);
    },
  };
  for (const [name, handler] of Object.entries(watched)) model.on(`change:${name}`, handler);

  el.append(root);
  refreshInputs();
  refreshSpeed();
  refreshScene();
  refreshPlaying();
  const observer = new ResizeObserver(resize);
  observer.observe(root);
  signal.addEventListener("abort", () => {
    for (const [name, handler] of Object.entries(watched)) model.off(`change:${name}`, handler);
    inputsControl.abort();
    halt();
    clearTimeout(waiting);
    observer.disconnect();
    root.remove();
  });
  return () => control.abort();
}

export default { render };
