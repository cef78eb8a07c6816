/** MathML: numbers, fractions and the templates of formulas, filled with names or numbers. */

import { classes } from "./dom.js";
import { decimal, ENTRIES, format, read, SCALAR, scalar, sign } from "./numbers.js";

export const PRIME = '<mo lspace="0" rspace="0">′</mo>', EQUALS = "<mo>=</mo>", TIMES = "<mo>·</mo>", ENTRYWISE = "<mo>⊙</mo>";
export const bracket = (content) => `<mrow><mo stretchy="false">(</mo>${content}<mo stretchy="false">)</mo></mrow>`;

function mathScalar(value) {
  if (!Number.isFinite(value)) return `<mn>${format(value)}</mn>`;
  const [mantissa, exponent] = decimal(value, 4);
  const raised = `${TIMES}<msup><mn>10</mn><mn>${String(exponent).replace("-", "−")}</mn></msup>`;
  return `<mrow>${value < 0 ? "<mo>−</mo>" : ""}<mn>${mantissa}</mn>${exponent === null ? "" : raised}</mrow>`;
}

/** Arrays up to 4 x 4 are written out, larger ones appear by name. */
export const writable = ({ kind, rows, cols }) => kind === SCALAR || (kind === ENTRIES && rows <= 4 && cols <= 4);

/** How numbers stand in an equation. operand: they follow an operator, so that a negative one needs brackets. */
export const SIGNED = { colour: true }, FACTOR = { colour: true, operand: true };
export const NOW = { now: true }, RESULT = { colour: true, now: true };

export function mathNumbers(numbers, { name = "", colour = false, operand = false, now = false } = {}) {
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

const differential = (scene, node, d) =>
  `<mrow><mo lspace="0" rspace="0">${d}</mo>${scene.nodes[node].mathml}</mrow>`;
export const fraction = (scene, above, below, d = scene.d) =>
  `<mfrac>${differential(scene, above, d)}${differential(scene, below, d)}</mfrac>`;

/** Whether a node was computed from another. */
function hangsOn({ nodes }, node, other) {
  const found = new Set([node]);
  for (const k of found) for (const arg of nodes[k].args) found.add(arg); // it grows while it is read
  return found.has(other);
}

/**
 * What the local derivative along an edge holds still, though it moves with the source too: for y = v·x with v = x², it
 * is v. Of x·x it is the other x, so the operands are counted. "" where nothing is: then dy/dx is the whole derivative.
 */
function held(scene, { source, target, id }) {
  const { args, into } = scene.nodes[target], others = [...new Set(args)].filter((k) => k !== source && hangsOn(scene, k, source));
  if (others.length) return others.map((k) => scene.nodes[k].mathml).join("<mo>,</mo>");
  const same = into.map((j) => scene.edges[j]).filter((edge) => edge.source === source);
  return same.length > 1 ? `<mn>${1 + same.findIndex((edge) => edge.id === id)}</mn>` : "";
}
/** The name of a local derivative: dy/dv, or (∂y/∂x) with an index for what is held still. */
export function localName(scene, edge, name = (d) => fraction(scene, edge.target, edge.source, d)) {
  const index = held(scene, edge);
  return index ? `<msub><mrow><mo>(</mo>${name("∂")}<mo>)</mo></mrow><mrow>${index}</mrow></msub>` : name();
}

/** Names of the functions that a chain is made of, from the outermost. */
export const LETTERS = "fghk";
/** The derivative of one node by another in the notations there are: the one at `depth` of a chain of `length`. */
export const NOTATIONS = {
  Leibniz: (scene, above, below, depth, length, d) => fraction(scene, above, below, d),
  Operator: ({ nodes }, above, below) => `<msub><mi>D</mi>${nodes[below].mathml}</msub>${nodes[above].mathml}`,
  Lagrange({ nodes, inputs }, above, below, depth, length) { // of a long chain by the name of the value
    const inner = length > 3 ? nodes[below].mathml : [...LETTERS.slice(depth + 1, length)].reduceRight(
      (x, f) => `<mi>${f}</mi>${bracket(x)}`, nodes[inputs[0]].mathml);
    return `<mi>${LETTERS[depth]}</mi>${PRIME}${bracket(inner)}`;
  },
};

/** Fill the places {0}, {1!}, {y}, {g} of a template of node `target`; `!` asks for brackets round negative numbers. */
function fill(scene, template, target, put) {
  if (template < 0) return "";
  return scene.templates[template].replace(/\{(\d+|y|g)(!?)\}/g, (_, key, mark) => key === "g"
    ? fraction(scene, scene.output, target)
    : put(key === "y" ? target : scene.nodes[target].args[key], mark === "!"));
}
export const symbolic = (scene, template, target) => fill(scene, template, target, (i) => scene.nodes[i].mathml);
export const numeric = (scene, frame, template, target) => fill(scene, template, target, (i, operand) =>
  mathNumbers(read(frame, scene.nodes[i].value), { name: scene.nodes[i].mathml, operand }));
