/** What a hover card says of a node or an edge as of a step: facts from the scene, numbers from the frame. */

import { gap } from "./derivation.js";
import { box, html, math } from "./dom.js";
import { EQUALS, fraction, localName, symbolic } from "./formulas.js";
import { inFull } from "./histogram.js";
import { say, t } from "./messages.js";
import { inWords, read, SCALAR, sign } from "./numbers.js";
import { finalAdjoint, normsOf, readAdjoint, uses } from "./scene.js";
import { span } from "./text.js";

/** Lines of source above and below the one that is marked. */
const AROUND = 2;

const known = (there, numbers) => (there ? html("b", { class: sign(numbers) }, inWords(numbers)) : gap());
const full = (there, ...slot) => (there ? inFull(...slot) : [gap()]);
const card = (title, rows) => [html("h4", {}, ...title), html("dl", {}, ...rows.flatMap(([term, ...parts]) =>
  [html("dt", {}, ...[term].flat()), html("dd", {}, ...parts)]))];

/** The user's line, marked among its neighbours; of a formula, the part of the line. */
function source({ listings }, [listing, at, start = 0, end]) {
  const [name, first, lines] = listings[listing], from = Math.max(0, at - AROUND);
  const called = name === "<module>" ? t("the cell") : name === "the lambda" ? t("the lambda") : name === "the formula" ? t("the formula") : name;
  return box("listing", t("line {0} of {1}", first + at, called), html("pre", {},
    ...lines.slice(from, at + AROUND + 1).map((line, k) => (from + k !== at ? html("span", {}, `${line}\n`)
      : end ? html("span", {}, line.slice(0, start), html("b", { class: "hl" }, line.slice(start, end)), `${line.slice(end)}\n`)
        : html("mark", {}, `${line}\n`)))));
}

export function nodeFacts(scene, frame, shown, i) {
  const node = scene.nodes[i], entry = shown.adjoint[i], of = uses(scene, i), count = shown.count[i];
  const adjoint = node.without ? [node.without]
    : typeof entry === "number" ? [known(true, readAdjoint(frame, entry))] : full(entry, frame, entry, true);
  return [...card(node.box ? [span("name", node.caption)]
    : [math(node.mathml + (node.input ? "" : EQUALS + symbolic(scene, node.symbolic, i)))], [
    [t("value"), ...full(shown.value[i], frame, node.value, false)],
    [t("adjoint"), ...adjoint, count && count < of ? t(" so far, {0} of {1}", count, of) : ""],
    ...(normsOf(scene, frame, shown, i) ? [[t("gradient norm"), normsOf(scene, frame, shown, i)]] : []),
    ...node.facts,
  ]), node.line ? source(scene, node.line) : ""];
}

export function edgeFacts(scene, frame, shown, j) {
  const edge = scene.edges[j], { target, pullback, nth, of, cut } = edge, name = span("name", scene.nodes[edge.source].name);
  if (cut) return card([name, ` ${t("{0}: no adjoint passes", cut)}`], []);
  const there = shown.value[target], passed = shown.edge[j], formula = symbolic(scene, edge.template, target);
  const complete = shown.adjoint[target] !== null && shown.count[target] === uses(scene, target);
  const [local, up, product] = [read(frame, edge.local), finalAdjoint(scene, frame, target), read(frame, edge.contribution)];
  const left = pullback ? of < 2 && fraction(scene, scene.output, edge.source) : localName(scene, edge);
  return card([math((left ? left + EQUALS : "") + formula)], [
    [t("local derivative"), ...full(there, frame, edge.local, true), box("part", edge.part)],
    [of > 1 ? say`passes to ${name}, ${nth} of ${of}` : say`passes to ${name}`, ...(!pullback && [local, up].every(({ kind }) => kind === SCALAR)
      ? say`adjoint ${known(complete, up)} \u00d7 local ${known(there, local)} = ${known(passed, product)}`
      : [pullback ? t("the adjoint, pulled back:") : t("adjoint × local, entry by entry:"), " ",
        ...full(passed, frame, edge.contribution, true)])],
  ]);
}
