/** The steps of forward mode in words: a value and its tangent together. */

import { ENTRYWISE, FACTOR, fraction, localName, mathNumbers, RESULT, SIGNED, TIMES, writable } from "./formulas.js";
import { movable } from "./forward.js";
import { listed, say, t } from "./messages.js";
import { read, SCALAR, scalar, uniform } from "./numbers.js";
import { derivativeRuns } from "./scene.js";
import { span } from "./text.js";
import { equation, nameOf, number, valueWords, WORDS } from "./words.js";

/** dz/dx, or for an array dz/dW times a vector of ones. */
const tangentFraction = (scene, i) => fraction(scene, i, scene.source) +
  (scene.nodes[scene.source].shape.length ? `${TIMES}<mn>&#x1D7CF;</mn>` : "");

/** At most so many terms are written out. */
const MOST = 4;

function sumOfTerms(scene, frame, i, edges) {
  const terms = edges.map((edge) => {
    const local = uniform(read(frame, edge.local)), tangent = read(frame, scene.nodes[edge.source].tangent);
    const dot = local.kind === SCALAR || tangent.kind === SCALAR ? TIMES : ENTRYWISE;
    const product = read(frame, edge.contribution);
    return { symbol: localName(scene, edge) + TIMES + tangentFraction(scene, edge.source),
      numbers: !edge.pullback && writable(local) && writable(tangent)
        ? mathNumbers(local, SIGNED) + dot + mathNumbers(tangent, FACTOR)
        : writable(product) ? mathNumbers(product, SIGNED) : null };
  });
  if (!terms.length || terms.length > MOST) return [];
  const sum = (key) => terms.map((term) => term[key]).join("<mo>+</mo>");
  const known = terms.every(({ numbers }) => numbers !== null) && (terms.length > 1 || !edges[0].pullback);
  return [sum("symbol"), known && sum("numbers")];
}

/** After the last step: what is known now, and what is not. */
function ending(scene, frame, i) {
  const others = movable(scene).filter((k) => k !== scene.source).map((k) => [nameOf(scene.nodes[k])]);
  if (i !== scene.output) return [];
  const found = span("name", derivativeRuns(scene, i).map(([text, style]) => [text, style === "/" ? "" : style]));
  return [" ", ...(!others.length ? say`One pass gave ${found}.`
    : others.length > 1 ? say`One pass gave ${found}; ${listed(others)} need one each.`
      : say`One pass gave ${found}; ${listed(others)} needs another.`)];
}

function pushWords(scene, frame, i) {
  const node = scene.nodes[i], edges = node.into.map((j) => scene.edges[j]).filter(({ cut }) => !cut);
  const { equations: [value] } = valueWords(scene, frame, i), tangent = read(frame, node.tangent);
  const from = [...new Set(edges.map(({ source }) => source))].map((k) => [nameOf(scene.nodes[k])]);
  const local = edges.length === 1 && uniform(read(frame, edges[0].local)), computed = read(frame, node.value);
  const how = !from.length ? t("0, as nothing that it is computed from moves")
    : edges.length > 1 ? say`the sum of local derivative \u00d7 tangent over ${listed(from)}`
      : local.kind !== SCALAR || edges[0].pullback ? say`that of ${listed(from)}, times the local derivative`
        : say`the local derivative ${number(local)} \u00d7 the tangent of ${listed(from)}, ${
          number(read(frame, scene.nodes[edges[0].source].tangent))}`;
  const sentence = computed.kind === SCALAR
    ? say`The value of ${nameOf(node)} is ${number(computed, false)}, and its tangent is ${how}.`
    : say`The value of ${nameOf(node)} is computed, and its tangent is ${how}.`;
  return {
    sentence: [...sentence, ...ending(scene, frame, i)],
    equations: [value, equation(tangentFraction(scene, i), ...sumOfTerms(scene, frame, i, edges),
      writable(tangent) && mathNumbers(tangent, RESULT))],
  };
}

function seedWords(scene, frame, i) {
  const name = () => nameOf(scene.nodes[i]), array = scene.nodes[i].shape.length;
  const others = scene.inputs.length > 1 && t("; other inputs have 0");
  return {
    sentence: [...say`Each value now brings its tangent along: how fast it changes with ${name()}.`, " ", ...(array
      ? say`That of ${name()} is 1 in every entry: all move at once, and a tangent sums over them${others || ""}.`
      : say`That of ${name()} is 1${others || ""}.`)],
    equations: array ? [] : [equation(fraction(scene, i, i), mathNumbers(scalar(1), RESULT))],
  };
}

const startWords = (scene, frame, i) => ({ ...WORDS.start(scene, frame, i),
  sentence: [t("The inputs are given. Press play to let values and tangents flow forward together.")] });

export const FORWARD_WORDS = { start: startWords, seed: seedWords, push: pushWords };
