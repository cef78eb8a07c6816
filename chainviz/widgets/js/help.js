/** The page of keys and signs. */

import { html, path, svg } from "./dom.js";
import { showBand } from "./edges.js";
import { scalar } from "./numbers.js";

const LEGEND = [["dashed, empty", "not computed yet"], ["amber", "the current step"], ["dashed band", "exactly zero"],
  ["hatched, ●○", "not all contributions have arrived"], ["zigzag", "not a finite number"],
  ["× 2z in a box", "the local derivative: what passes is multiplied by it"],
  ["z̄, J⊤", "the adjoint of z; the Jacobian, transposed. Arrays are pulled back by such products"],
  ["frozen, cut", "no adjoint passes"]];

const WALK = [["tab", "Into the graph, and on to the next control"],
  ["← ↑ ↓ →", "In the graph: along edges, and to the node or edge beside"],
  ["enter", "In the graph: select the node, or open the box"], ["esc", "Out of the graph, the search, this page"]];

/** The keys of `buttons` are [name, label, key], `others` those of the parts: [keys, label]. */
export function fillHelp(dialog, buttons, others) {
  const sample = (number) => {
    const band = { line: path("", "M4 8H72"), core: path("band-core", "M4 8H72") };
    showBand(band, scalar(number), 1, 1);
    return svg("svg", { class: "sample", width: 76, height: 16 }, band.line, band.core);
  };
  const list = (rows, tag) => html("dl", {}, ...rows.flatMap(([term, text]) =>
    [html("dt", {}, html(tag, {}, term)), html("dd", {}, text)]));
  const keys = [...buttons.map(([, label, key]) => [key, label]), ...others.map(([[key], label]) => [key, label]),
    ...WALK];
  dialog.replaceChildren(html("h3", {}, "How to read the picture"),
    html("p", {}, "Values are ink; derivatives have colour. ", sample(5), " positive: one solid band. ", sample(-5),
      " negative: a band with a light core. Thicker means larger, on a logarithmic scale."),
    list(LEGEND, "b"), list(keys, "kbd"), html("form", { method: "dialog" },
      html("button", { class: "button" }, "Close")));
}
