/** The step in words: a sentence and its equations. */

import { html } from "./dom.js";
import {
  bracket, ENTRYWISE, EQUALS, FACTOR, fraction, localName, mathNumbers, NOW, numeric, RESULT, SIGNED, symbolic, TIMES,
  writable,
} from "./formulas.js";
import { listed, say, t } from "./messages.js";
import { asText, format, inWords, NORM, read, SCALAR, scalar, sign, uniform } from "./numbers.js";
import { finalAdjoint, isBirthplace, losesAdjoint } from "./scene.js";
import { span } from "./text.js";

export const nameOf = (node) => span("name", node.name);
export const number = (numbers, colour = true) =>
  html("b", { class: `number ${colour ? sign(numbers) : ""}` }, inWords(numbers));
export const equation = (...parts) => parts.filter(Boolean).join(EQUALS);

function startWords(scene, frame) {
  const equations = scene.inputs.map((i) => [scene.nodes[i].mathml, read(frame, scene.nodes[i].value)])
    .filter(([, numbers]) => writable(numbers)).map(([name, numbers]) => equation(name, mathNumbers(numbers)));
  return { sentence: [t("The inputs are given. Press play to let values flow forward.")],
    equations: [equations.join("<mo>,</mo><mspace width='.6em'></mspace>")] };
}

export function valueWords(scene, frame, i) {
  const node = scene.nodes[i], value = read(frame, node.value);
  const args = [...new Set(node.args)].map((a) => scene.nodes[a]);
  const from = args.map((arg) => {
    const numbers = read(frame, arg.value);
    return [nameOf(arg), numbers.kind === SCALAR ? ` = ${format(numbers.data[0])}` : ""];
  });
  const symbols = symbolic(scene, node.symbolic, i), numbers = numeric(scene, frame, node.numeric, i);
  const norm = value.kind === NORM ? equation(`<mrow><mo>‖</mo>${node.mathml}<mo>‖</mo></mrow>`,
    mathNumbers(scalar(value.data[0]), NOW)) : "";
  const name = nameOf(node), told = number(value, false);
  const sentence = !from.length ? say`The value of ${name} is given: it is ${told}.`
    : from.length < 5 ? say`The value of ${name} is computed from ${listed(from)}: it is ${told}.`
      : say`The value of ${name} is computed from ${listed(from)}. It is ${told}.`;
  return {
    sentence: isBirthplace(scene, frame, node)
      ? [...sentence, " ", t("This is the first place that is not a finite number.")] : sentence,
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
  return equation(sum + upstream + dot + localName(scene, edge),
    `<mrow class="chainviz-chain">${sum}${(chain ? factors : [upstream, ...factors]).join(dot)}${
      numbers && EQUALS}</mrow>` + (numbers && sum + numbers), result);
}

function edgeSentence(scene, frame, edge) {
  const source = nameOf(scene.nodes[edge.source]), target = scene.nodes[edge.target], many = edge.of > 1;
  const up = finalAdjoint(scene, frame, edge.target), local = uniform(read(frame, edge.local));
  const single = local.kind === SCALAR, product = number(read(frame, edge.contribution));
  const used = (end) => (many
    ? [...say`${source} is used ${edge.of} times. Contribution ${edge.nth}, through ${nameOf(target)}`, end] : []);
  if (edge.pullback) {
    return [...used(". "), ...say`The adjoint of ${nameOf(target)} arrives and is pulled back through ${
      span("name", target.caption)}.`];
  }
  if (many) {
    return [...used(": "), ...(single && up.kind === SCALAR
      ? say`adjoint ${number(up)} \u00d7 local ${number(local)} = ${product}.`
      : [t("adjoint × local derivative, entry by entry.")])];
  }
  const name = nameOf(target), sum = summed(scene, edge) && t(", and summed");
  return single ? say`The adjoint of ${name} is ${number(up)}. On its way to ${
    source} it is multiplied by the local derivative ${number(local)}${sum}.`
    : say`The adjoint of ${name} is ${number(up)}. On its way to ${
      source} it is multiplied by the local derivative, entry by entry${sum}.`;
}

function sumWords(scene, frame, edge) {
  if (edge.of < 2) return { sentence: [], equations: [] };
  const left = edge.of - edge.nth, tail = left ? t("{0} still to come.", left) : t("All have arrived.");
  if (edge.nth === 1) return { sentence: [" ", tail], equations: [] };
  const previous = scene.nodes[edge.source].out.map((j) => scene.edges[j]).find(({ nth }) => nth === edge.nth - 1);
  const all = [previous.running, edge.contribution, edge.running].map((slot) => read(frame, slot));
  const [before, now, total] = all.map((numbers) => number(numbers));
  const goal = fraction(scene, scene.output, edge.source) + (left ? "<mo>←</mo>" : EQUALS);
  return {
    sentence: [" ", ...(all.every((numbers) => asText(numbers))
      ? say`So far ${before}, now ${html("b", {}, "+=")} ${now}: ${total}.`
      : [t("It is added to the sum so far.")]), " ", tail],
    equations: all.every(writable) ? [goal + equation(
      `${mathNumbers(all[0], SIGNED)}<mo>+</mo>${mathNumbers(all[1], FACTOR)}`, mathNumbers(all[2], RESULT))] : [],
  };
}

function edgeWords(scene, frame, j) {
  const edge = scene.edges[j], sum = sumWords(scene, frame, edge);
  const product = productEquation(scene, frame, edge, sum.equations.length ? SIGNED : RESULT);
  return {
    sentence: [...edgeSentence(scene, frame, edge), ...sum.sentence,
      ...(losesAdjoint(scene, frame, edge) ? [" ", t("Here the derivative stops being a finite number.")] : [])],
    equations: [equation(edge.of === 1 && fraction(scene, scene.output, edge.source), product), ...sum.equations],
  };
}

export const WORDS = { start: startWords, value: valueWords, seed: seedWords, edge: edgeWords };

/** "x = 0.5, W = [1, 2]": what the picture shows. */
export const inputsText = (scene, frame) => scene.inputs.map((i) => scene.nodes[i])
  .map((node) => `${node.label} = ${inWords(read(frame, node.value))}`).join(", ");
