/** Cost: reverse mode, forward mode and the plain product of Jacobians race to the same derivatives. */

import { box, html } from "./dom.js";
import { mark, t } from "./messages.js";

const grouped = (count) => count.toLocaleString("en-US");
const bytes = (count) => (count < 1e4 ? `${grouped(count)} B` : `${grouped(Math.round(count / 1e3))} kB`);

/** Bars, on a logarithmic scale where they differ by more than a factor of 50; then it is said. */
function bars(ways, column, title, written) {
  const counts = ways.map((way) => way[column]), most = Math.max(...counts, 1);
  const wide = most > 50 * Math.max(1, Math.min(...counts));
  const share = (count) => (wide ? Math.log1p(count) / Math.log1p(most) : count / most);
  return [html("h4", {}, title, html("small", {}, wide ? ` ${t("logarithmic scale")}` : "")),
    ...ways.map(([name, how], k) => box("lap", html("span", {}, name, html("small", {}, how)),
      html("i", { style: `--share:${share(counts[k])}` }), html("b", {}, written(counts[k]))))];
}

export const race = {
  name: mark("Cost"),
  has: ({ race: made }) => Boolean(made),
  create() {
    const element = box("race");
    return { element, show() {},
      rebuild({ scene: { race: { ways, verdict } } }) {
        element.replaceChildren(...bars(ways, 2, t("Multiplications, for all derivatives"), grouped),
          ...bars(ways, 3, t("Peak memory"), bytes), html("p", {}, verdict));
      } };
  },
};
