/** The page of keys and signs. */

import { html, path, svg } from "./dom.js";
import { showBand } from "./edges.js";
import { mark, say, t } from "./messages.js";
import { scalar } from "./numbers.js";

const LEGEND = [[mark("dashed, empty"), mark("not computed yet")], [mark("amber"), mark("the current step")],
  [mark("dashed band"), mark("exactly zero")], [mark("hatched, ●○"), mark("not all contributions have arrived")],
  [mark("zigzag"), mark("not a finite number")],
  [mark("× 2z in a box"), mark("the local derivative: what passes is multiplied by it")],
  ["z̄, J⊤", mark("the adjoint of z; the Jacobian, transposed. Arrays are pulled back by such products")],
  [mark("frozen, cut"), mark("no adjoint passes")]];

const WALK = [[mark("tab"), mark("Into the graph, and on to the next control")],
  ["← ↑ ↓ →", mark("In the graph: along edges, and to the node or edge beside")],
  [mark("enter"), mark("In the graph: select the node, or open the box")],
  [mark("esc"), mark("Out of the graph, the search, this page")]];

/** The keys of `buttons` are [name, label, key], `others` those of the parts: [keys, label]. */
export function fillHelp(dialog, buttons, others) {
  const sample = (number) => {
    const band = { line: path("", "M4 8H72"), core: path("band-core", "M4 8H72") };
    showBand(band, scalar(number), 1, 1);
    return svg("svg", { class: "sample", width: 76, height: 16 }, band.line, band.core);
  };
  const list = (rows, tag) => html("dl", {}, ...rows.flatMap(([term, text]) =>
    [html("dt", {}, html(tag, {}, t(term))), html("dd", {}, t(text))]));
  const keys = [...buttons.map(([, label, key]) => [key, label]), ...others.map(([[key], label]) => [key, label]),
    ...WALK];
  dialog.replaceChildren(html("h3", {}, t("How to read the picture")),
    html("p", {}, ...say`Values are ink; derivatives have colour. ${sample(5)} positive: one solid band. ${
      sample(-5)} negative: a band with a light core. Thicker means larger, on a logarithmic scale.`),
    list(LEGEND, "b"), list(keys, "kbd"), html("form", { method: "dialog" },
      html("button", { class: "button" }, t("Close"))));
}
