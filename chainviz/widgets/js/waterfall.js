/**
 * Paths: every path from an input, or any other node, to the output, or any other; the product of each, and their sum,
 * which is the adjoint. A card that is selected becomes the start where it is an input, else the end.
 */

import { box, html, listen, math, newId, set, setText, svg } from "./dom.js";
import { fraction } from "./formulas.js";
import { mark, say, t } from "./messages.js";
import { format, scalar, sign } from "./numbers.js";
import { findPaths, product } from "./paths.js";
import { finalAdjoint, shownAt, uses } from "./scene.js";
import { runMarkup, span } from "./text.js";

/** Paths that have a row of their own, nodes up to which a route is named and spelled out, ms a path lights up. */
const MOST = 6, LONG = 7, TURN = 1300;

const counted = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** The names along a path; of a long one its ends, and the first ones where it could have gone elsewhere. */
function route({ nodes, edges }, path) {
  const stops = [edges[path[0]].source, ...path.map((j) => edges[j].target)], last = stops.length - 1;
  const forks = stops.filter((node, k) => k && k < last && (last < LONG || nodes[node].out.length > 1)).slice(0, LONG - 2);
  const names = [stops[0], ...forks, stops[last]].map((node) => runMarkup(nodes[node].name));
  if (last > forks.length + 1) names.splice(-1, 0, ["⋯"]);
  return names.flatMap((name, k) => (k ? [" → ", ...name] : name));
}

/** A bar from where the last one ended; a negative one has a light core. */
function drawBar(bar, from, to, [low, high]) {
  const x = (v) => 3 + (294 * (v - low)) / (high - low || 1), wide = Math.max(2, Math.abs(x(to) - x(from)));
  const strip = (name, y, height) => svg("rect", { class: name, x: Math.min(x(from), x(to)), y, width: wide, height });
  bar.replaceChildren(strip(`bar ${sign(scalar(to - from))}`, 1, 12), to < from ? strip("core", 5, 4) : "",
    svg("path", { class: "axis", d: `M${x(0)} 0V14` }));
}

/** A row: what contributes, its number, its product spelled out, its bar. */
function createRow(path, ...title) {
  const number = html("b"), factors = html("span", { class: "factors" });
  const bar = svg("svg", { viewBox: "0 0 300 14", preserveAspectRatio: "none", "aria-hidden": "true" });
  const element = html(path ? "button" : "div", { class: "path-row", type: path && "button" },
    html("span", { class: "route" }, ...title), number, factors, bar);
  const write = (value) => {
    setText(number, value === null ? "" : format(value));
    number.className = `chainviz-${value === null ? "gap" : sign(scalar(value))}`;
  };
  return { element, factors, bar, write, path };
}

export const paths = {
  name: mark("Paths"),
  has: ({ edges }) => edges.length > 0,
  create({ state, link }, { scroller }, signal) {
    const choice = (label) => html("select", { class: "choice", id: newId("path"), "aria-label": label });
    const from = choice(t("Paths from")), to = choice(t("Paths to"));
    const turn = html("button", { class: "small", type: "button" }, t("Light up in turn"));
    const intro = html("p"), list = box("paths"), ending = html("p", { class: "ending" });
    let starts = [], ends = [], start = 0, end = 0, rows = [], total, lit = null, seen = null, timer = 0, later = 0;

    /** Members of the path at full strength, all others faint. */
    function light(path) {
      const { nodes, edges } = state.scene, members = new Set(path?.flatMap((j) =>
        [edges[j].id, nodes[edges[j].source].id, nodes[edges[j].target].id]));
      lit = path;
      for (const element of scroller.querySelectorAll("[data-node], [data-edge], [data-gate]")) {
        const { node, edge, gate } = element.dataset;
        set(element, "data-member", path ? members.has(node ?? edge ?? gate) : "");
      }
      for (const row of rows) row.element.classList.toggle("chainviz-lit", !!path && row.path === path);
    }
    function rest() {
      clearInterval(timer);
      timer = 0;
      set(turn, "aria-pressed", false);
      if (lit) light(null);
    }
    function inTurn() {
      if (timer) return rest();
      const left = rows.map(({ path }) => path).filter(Boolean);
      const next = () => (left.length ? light(left.shift()) : rest());
      timer = setInterval(next, TURN);
      set(turn, "aria-pressed", true);
      next();
    }
    function build() {
      const { scene, frame } = state, name = (node) => span("name", scene.nodes[node].name);
      [start, end] = [starts[from.selectedIndex], ends[to.selectedIndex]];
      rest();
      const found = start === end ? null : findPaths(scene, frame, start, end, MOST), ours = found?.strongest ?? [];
      const others = ours.length ? found.count - BigInt(ours.length) : 0n;
      intro.replaceChildren(...(!found ? start === end ? [t("A node changes exactly as fast as itself: the derivative is 1.")]
        : say`No path leads from ${name(start)} to ${name(end)}: the derivative is 0.`
        : "array" in found ? say`Products along paths are for numbers, but ${
          name(found.array)} is an array. The tab Derivation has its adjoint, use by use.`
          : [ours.length > 1 ? t("{0} paths. Each contributes the product of its local derivatives; its bar starts " +
            "where the last one ended.", counted(found.count))
            : t("One path: the derivative is the product of its local derivatives.")]));
      rows = ours.map(({ edges }) => createRow(edges, ...route(scene, edges)));
      if (others) rows.push(createRow(null, others > 1n ? t("{0} weaker paths", counted(others)) : t("1 weaker path")));
      total = createRow(null, t("sum of the paths"));
      turn.hidden = ours.length < 2;
      for (const { element, path } of rows) {
        if (path) listen(element, { "pointerenter focus"() { rest(); light(path); }, "pointerleave blur": rest }, signal);
      }
      list.replaceChildren(...(ours.length ? [...rows, total] : []).map(({ element }) => element));
      seen = null;
    }

    function showRow({ path, factors, write }, number, { scene, frame }) {
      write(number);
      if (!path || path.length > LONG - 1) return;
      const [first, ...others] = path.map((j) => frame[scene.edges[j].local[0]]).reverse();
      setText(factors, number === null ? "\u200b" : // its line is there before it is
        [format(first), ...others.map((v) => (v < 0 ? `(${format(v)})` : format(v)))].join(" · "));
    }
    /** Bars once all is known; "✓ equals the adjoint" where it does. */
    function conclude({ scene, frame }, numbers, whole) {
      const name = math(fraction(scene, end, start)), stops = [0], { nodes } = scene;
      for (const number of numbers) stops.push(stops.at(-1) + number);
      const range = [Math.min(...stops), Math.max(...stops)];
      const draw = Number.isFinite(range[1] - range[0]) && whole !== null ? drawBar : (bar) => bar.replaceChildren();
      rows.forEach(({ bar }, k) => draw(bar, stops[k], stops[k + 1], range));
      draw(total.bar, 0, whole, range);
      total.write(whole);
      // With the seed elsewhere no pass was run: its adjoint is compared with the products themselves.
      const adjoint = isPass(scene) ? finalAdjoint(scene, frame, start).data[0] : numbers.reduce((a, b) => a + b), size = Math.abs(adjoint) + Math.max(...numbers.map(Math.abs));
      const equal = Object.is(whole, adjoint) || Math.abs(whole - adjoint) <= 1e-9 * size;
      ending.replaceChildren(...(whole === null ? isPass(scene) ? say`The backward pass has not reached ${span("name", nodes[start].name)} yet.`
        : say`The value of ${span("name", nodes[end].name)} is not computed yet.`
        : [...(equal ? say`\u2713 equals the adjoint ${name} = ${format(adjoint)}`
          : say`\u2717 differs from the adjoint ${name} = ${format(adjoint)}`),
        ...(isPass(scene) ? [] : say`, with the seed at ${span("name", nodes[end].name)}`)]));
    }
    function show(now) {
      const { scene, frame, step, settled } = now, arrived = settled ? step : step - 1, shown = shownAt(scene, arrived);
      if (lit) light(lit); // the picture may be a new one
      if (!list.firstChild) return ending.replaceChildren();
      // A long list is sorted anew once the slider is at rest; a short one keeps its places.
      clearTimeout(later);
      if (rows.length > MOST && seen && seen !== frame) later = setTimeout(() => { if (!lit) { build(); show(state); } }, 400);
      seen = frame;
      const isThere = isPass(scene) ? (j) => shown.edge[j] || scene.edges[j].cut : (j) => shown.value[scene.edges[j].target];
      const complete = isPass(scene) ? shown.count[start] === uses(scene, start) && shown.adjoint[start] !== null
        : shown.value[end];
      const whole = findPaths(scene, frame, start, end, 0).total;
      const own = rows.map(({ path }) => (path ? product(scene, frame, path) : 0)), sum = own.reduce((a, b) => a + b);
      const numbers = rows.map(({ path }, k) => (path ? path.every(isThere) && own[k]
        : complete && whole - sum)).map((number) => (number === false ? null : number));
      rows.forEach((row, k) => showRow(row, numbers[k], now));
      conclude(now, numbers, complete ? whole : null);
    }
    /** Whether these are the derivatives that the backward pass brings. */
    const isPass = ({ isForward, output }) => !isForward && end === output;
    const fill = (select, list, node, { nodes }) => {
      select.replaceChildren(...list.map((i) => html("option", {}, nodes[i].label)));
      select.selectedIndex = Math.max(0, list.indexOf(node));
    };
    for (const each of [from, to]) listen(each, { change() { build(); show(state); } }, signal);
    link.on("selected", () => {
      const node = state.scene?.nodes.findIndex(({ label }) => label === link.get("selected")) ?? -1;
      const [select, list] = state.scene?.nodes[node]?.input ? [from, starts] : [to, ends], at = list.indexOf(node);
      if (at < 0 || at === select.selectedIndex) return;
      select.selectedIndex = at;
      build();
      show(state);
    });
    listen(turn, { click: inTurn }, signal);
    signal.addEventListener("abort", () => { clearInterval(timer); clearTimeout(later); });

    return { show, leave: rest,
      element: html("div", {}, box("choose", html("label", { for: from.id }, t("Paths from")), from,
        html("label", { for: to.id }, t("to")), to, turn), intro, list, ending),
      rebuild({ scene }) {
        const { inputs, nodes, edges, output } = scene, before = [from, to].map(({ value }) => value);
        const called = (label, list, other) => list.find((i) => nodes[i].label === label) ?? other;
        starts = [...inputs, ...edges.map(({ source }) => source).filter((i) => !nodes[i].input)]
          .filter((i, k, all) => !nodes[i].without && nodes[i].trained && all.indexOf(i) === k);
        ends = [output, ...nodes.keys()].filter((i, k) => (!k || i !== output) && !nodes[i].input);
        fill(from, starts, called(before[0], starts, starts[0]), scene);
        fill(to, ends, called(before[1], ends, output), scene);
        clearTimeout(later);
        if (starts.length) build();
      } };
  },
};
