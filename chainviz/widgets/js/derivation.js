/** Derivation: the chain rule from the output to one input, in symbols, with local derivatives and with numbers. */

import { copyButton } from "./copy.js";
import { box, html, listen, math, newId } from "./dom.js";
import { bracket, EQUALS, FACTOR, fraction, LETTERS, localName, mathNumbers, NOTATIONS, PRIME, SIGNED, symbolic, writable } from "./formulas.js";
import { mark, say, t } from "./messages.js";
import { read, shapeText } from "./numbers.js";
import { finalAdjoint, readAdjoint, shownAt, uses } from "./scene.js";
import { span } from "./text.js";

const passing = (node, edges) => node.out.filter((j) => !edges[j].cut);

/** Paths, and factors of a path, up to which a derivative is written as the sum over its paths. */
const MOST = 4;

/**
 * The paths from a node to the output that an adjoint takes, each as its edges from the output down; null where they are
 * too many or long.
 */
function fewPaths({ nodes, edges, output }, start) {
  let open = [[[], start]];
  const done = [];
  while (open.length) {
    const next = [];
    for (const [path, node] of open) {
      if (node === output) done.push(path);
      else for (const j of passing(nodes[node], edges)) next.push([[j, ...path], edges[j].target]);
    }
    open = next;
    if (open.length + done.length > MOST || open.some(([path]) => path.length > MOST)) return null;
  }
  return done;
}

/**
 * The derivative as a sum of products. A factor is {edge, symbol, local, number(frame, shown)}; its number is null while
 * it is not computed yet. Other notations than Leibniz's are for sums over paths.
 */
function sumOfProducts(scene, start, notation) {
  const { nodes, edges, output } = scene;
  const local = (j, alone, depth, length) => {
    const { source, target, template, loose, local: slot } = edges[j], written = symbolic(scene, template, target);
    const symbol = localName(scene, edges[j], (d) => NOTATIONS[notation](scene, target, source, depth, length, d));
    return { edge: j, symbol, local: loose && !alone ? bracket(written) : written,
      number: (frame, shown) => (shown.value[target] ? read(frame, slot) : null) };
  };
  const paths = fewPaths(scene, start), all = paths?.flat() ?? [];
  const plain = all.every((j) => !edges[j].pullback && !nodes[edges[j].source].shape.length);
  if (paths && plain) return { paths, terms: paths.map((path) => path.map((j, k) => local(j, path.length === 1, k, path.length))) };
  // Over many paths, or with arrays: the sum over the uses, each with the adjoint that is known by then.
  const terms = passing(nodes[start], edges).map((j) => {
    const { target, contribution, pullback, template } = edges[j], symbol = fraction(scene, output, target);
    if (pullback) {
      return [{ edge: j, symbol: symbol + fraction(scene, target, start), local: symbolic(scene, template, target),
        number: (frame, shown) => (shown.edge[j] ? read(frame, contribution) : null) }];
    }
    const arriving = { edge: j, symbol, local: symbol, number: (frame, shown) =>
      (shown.adjoint[target] !== null && shown.count[target] === uses(scene, target)
        ? finalAdjoint(scene, frame, target) : null) };
    return target === output ? [local(j, true)] : [arriving, local(j, false)];
  });
  return { paths: null, terms };
}

/** Whether the function is f(g(h(x))): one input, one path, and nothing else comes in. */
const isChain = ({ inputs, nodes }, { paths }) => inputs.length === 1 && paths?.length === 1 &&
  nodes.every(({ args }) => args.length < 2);

export const gap = () => html("span", { class: "gap", role: "img", "aria-label": t("not computed yet") });
const written = (numbers, look) => (numbers === null ? gap()
  : writable(numbers) ? math(mathNumbers(numbers, look)) : shapeText(numbers));
const equals = () => math(EQUALS);

export const derivation = {
  name: mark("Derivation"),
  has: ({ edges, isForward }) => edges.length > 0 && !isForward, // backward is its order
  create({ state, link }, shell, signal) {
    const id = newId("input"), select = html("select", { class: "choice", id });
    const notation = html("select", { class: "small", "aria-label": t("Notation") });
    const latex = async () => (await link.ask({ latex: state.scene.inputs.indexOf(inputs[select.selectedIndex]) }))?.latex;
    const label = html("label", { for: id }, t("Derivative by")), body = html("div");
    const to = box("choose", label, select, notation, copyButton(t("Copy as LaTeX"), latex, signal));
    let inputs = [], product = null, cells = [], total, ending;

    /** One of the three stages: a row a product, as {0}·{1} + {2}·{3}; `cell` gives what stands for a factor. */
    function stage(heading, columns, cell, left) {
      const rows = product.terms.flatMap((term, row) => [
        box("of-term", row ? math("<mo>+</mo>") : left),
        ...Array.from({ length: columns }, (_, k) => {
          const at = box("factor", ...(k < term.length ? [cell(term[k], k)] : []));
          if (k < term.length) cells.push({ at, ...term[k], first: k === 0 });
          return k ? [box("", ...(k < term.length ? [math(dot(term))] : [])), at] : [at];
        }).flat(),
      ]);
      return [box("stage-name", heading), ...rows];
    }
    /** Entry by entry where arrays meet. */
    function dot(term) {
      const { nodes, edges } = state.scene, { source, target } = edges[term[0].edge];
      return nodes[source].shape.length && nodes[target].shape.length ? "<mo>⊙</mo>" : "<mo>·</mo>";
    }
    function build() {
      const { scene } = state, node = inputs[select.selectedIndex];
      product = sumOfProducts(scene, node, "Leibniz");
      const chain = isChain(scene, product), names = product.paths?.length
        ? Object.keys(NOTATIONS).filter((name) => name !== "Lagrange" || chain) : [];
      const wanted = names.includes(notation.value) ? notation.value : "Leibniz";
      notation.replaceChildren(...names.map((name) => html("option", {}, name)));
      notation.value = wanted;
      notation.hidden = names.length < 2;
      if (wanted !== "Leibniz") product = sumOfProducts(scene, node, wanted);
      cells = [];
      const { paths, terms } = product, columns = Math.max(0, ...terms.map((term) => term.length));
      const [path] = product.paths ?? [], { nodes, edges } = scene;
      const derivative = () => math((wanted === "Lagrange" ? nodes[scene.output].mathml + PRIME + bracket(nodes[node].mathml)
        : NOTATIONS[wanted](scene, scene.output, node)) + EQUALS);
      // Lagrange's letters are of functions, so they have to be said.
      const functions = wanted === "Lagrange" ? path.map((j, k) => math(`<mi>${LETTERS[k]}</mi>${bracket(
        nodes[edges[j].source].mathml)}${EQUALS}${symbolic(scene, nodes[edges[j].target].symbolic, edges[j].target)}`)) : [];
      const rule = terms.length < 2 ? t("1 The chain rule") : paths ? t("1 The chain rule, one product a path")
        : t("1 The chain rule, one product a use");
      total = box("total");
      ending = html("p", { class: "ending" });
      const grid = box("derivation",
        ...stage(rule, columns, ({ symbol }) => math(symbol), derivative()),
        ...stage(t("2 Local derivatives put in"), columns, ({ local }) => math(local), equals()));
      for (const cell of cells) cell.number = null; // symbols stay as they are
      grid.append(...stage(t("3 Numbers put in"), columns, gap, equals()), box("of-term", equals()), total);
      grid.style.setProperty("--columns", 2 * columns);
      body.replaceChildren(...functions.map((each) => box("function", each)), ...(terms.length ? [grid, ending] : [html("p", { class: "ending" },
        t("The output does not depend on this input: the derivative is 0."))]));
    }
    function show({ scene, frame, step, settled }) {
      if (!product) return;
      const node = inputs[select.selectedIndex], shown = shownAt(scene, settled ? step : step - 1);
      const [kind, now] = scene.steps[step];
      for (const { at, edge, number, first } of cells) {
        at.classList.toggle("chainviz-current", kind === "edge" && edge === now);
        if (number) at.replaceChildren(written(number(frame, shown), first ? SIGNED : FACTOR));
      }
      const complete = shown.count[node] === uses(scene, node) && shown.adjoint[node] !== null;
      total.replaceChildren(written(complete ? readAdjoint(frame, shown.adjoint[node]) : null, SIGNED));
      ending.replaceChildren(...(complete ? []
        : say`The result appears when the backward pass reaches ${span("name", scene.nodes[node].name)}.`));
    }
    for (const each of [select, notation]) listen(each, { change() { build(); show(state); } }, signal);

    return { element: html("div", {}, to, body), show,
      rebuild({ scene }) {
        const chosen = Math.max(0, select.selectedIndex);
        inputs = scene.inputs.filter((i) => !scene.nodes[i].without);
        select.replaceChildren(...inputs.map((i) => html("option", {}, scene.nodes[i].label)));
        select.selectedIndex = chosen < inputs.length ? chosen : 0;
        label.hidden = select.hidden = inputs.length < 2;
        build();
      } };
  },
};
