/** Find nodes by name, operation or shape, or by what their numbers are. The others step back meanwhile. */

import { box, html, listen, newId, set, setText } from "./dom.js";
import { mark, t } from "./messages.js";
import { read, SHAPE, sign } from "./numbers.js";
import { finalAdjoint } from "./scene.js";
import { span } from "./text.js";

/** What is asked of numbers: of values, or of adjoints; "zero" alone of adjoints, else of both. */
const asksNumbers = () => new RegExp(`^(?:(?:(value|${t("value")})|(adjoint|gradient|derivative|${t("adjoint")}|${
  t("gradient")}|${t("derivative")}))s? *(?:is|are|=|${t("is")})? *)?(?:(0|zero|${t("zero")})|(nan)|inf(?:inity|inite)?|${
  t("infinite")}|\u221e)$`, "i");
const HINT = mark("Name, operation, shape, or “gradient is zero”");
const NONE = mark("Nothing that is shown matches. Boxes are searched once they are open.");
/** Lower case, h₃ as h3, and shapes in one form: (3, 4) as 3×4. */
const plain = (text) => text.toLowerCase().replace(/[\u2080-\u2089]/g, (c) => c.charCodeAt(0) - 0x2080)
  .replace(/(\d)\s*[x\u00d7,]\s*(?=\d)/g, "$1×").replace(/[()[\]]/g, "").trim();

/** Whether numbers are "zero" (all of them), "nan" or "inf" (any). */
function are(numbers, kind) {
  if (numbers.kind === SHAPE) return false;
  if (kind === "nan") return numbers.data.some(Number.isNaN);
  if (kind === "inf") return numbers.data.some((v) => Math.abs(v) === Infinity);
  return sign(numbers) === "zero";
}

/** The nodes that a query finds, in the order of the graph, with a name that matches wholly first. */
export function find({ scene, frame }, query) {
  const wanted = plain(query), asked = wanted.match(asksNumbers()), all = scene.nodes.map((_, i) => i);
  if (!wanted) return [];
  if (asked) {
    const [, value, adjoint, zero, nan] = asked, kind = zero ? "zero" : nan ? "nan" : "inf";
    const inValue = (i) => are(read(frame, scene.nodes[i].value), kind);
    const inAdjoint = (i) => !scene.nodes[i].without && are(finalAdjoint(scene, frame, i), kind);
    const ofValue = value || (!adjoint && !zero), ofAdjoint = !value;
    return all.filter((i) => (ofValue && inValue(i)) || (ofAdjoint && inAdjoint(i)));
  }
  const words = wanted.split(/\s+/);
  const described = scene.nodes.map(({ label, operation, shape }) =>
    [plain(label), ...plain(operation).split(/[\s,]+/), shape.join("×"), `[${shape.join("×")}]`]);
  const found = all.filter((i) => words.every((word) => described[i].some((known) => known.startsWith(word))));
  const isExact = (i) => described[i][0] === wanted;
  return [...found.filter(isExact), ...found.filter((i) => !isExact(i))];
}

export function createSearch(player, { stage, root }, signal) {
  const { state, camera } = player, id = newId("hits");
  const field = html("input", { class: "field", type: "search", role: "combobox", placeholder: t(HINT),
    "aria-label": t(HINT), "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, autocomplete: "off" });
  const list = html("ul", { class: "hits", role: "listbox", id, "aria-label": t("Nodes") });
  const count = html("span", { class: "count", role: "status" });
  const close = html("button", { class: "button", type: "button", "aria-label": t("Close the search") }, "×");
  const search = html("div", { class: "search", role: "search", hidden: "" },
    box("search-line", field, count, close), list);
  let hits = [], at = -1, asked = null;

  function row(i, k) {
    const { name, operation, shape } = state.scene.nodes[i];
    return html("li", { role: "option", id: `${id}-${k}`, "data-hit": k }, span("name", name),
      html("span", {}, operation), html("span", {}, shape.join("×")));
  }
  function mark() {
    if (!player.picture) return; // not on the page
    const { cards, root: drawn } = player.picture;
    drawn.toggleAttribute("data-search", !search.hidden && hits.length > 0);
    cards.forEach(({ group }, i) => group.toggleAttribute("data-hit", hits.includes(i)));
    set(field, "aria-activedescendant", at < 0 ? "" : `${id}-${at}`);
    Array.from(list.children, (item, k) => set(item, "aria-selected", k === at));
    const many = hits.length === 1 ? t("1 node") : t("{0} nodes", hits.length);
    setText(count, !field.value.trim() ? "" : at < 0 ? many : t("{0} of {1}", at + 1, hits.length));
  }
  function seek() {
    asked = [state.scene, state.frame];
    hits = search.hidden ? [] : find(state, field.value);
    list.replaceChildren(...hits.map(row));
    if (!hits.length && field.value.trim()) list.append(html("li", { role: "option", "aria-disabled": "true" }, t(NONE)));
    list.hidden = !list.firstChild;
    set(field, "aria-expanded", hits.length > 0);
    at = -1;
    mark();
  }
  /** The picture makes room for the list: beside it where the stage is wide, else below it. */
  function makeRoom() {
    const { offsetWidth: w, offsetHeight: h } = search, beside = stage.clientWidth > 2 * w;
    camera.covered.left = beside && w ? w + 20 : 0;
    camera.covered.top = beside ? 0 : Math.min(h, stage.clientHeight - 160);
  }
  function go(goal) {
    if (!hits.length || !player.picture) return;
    at = (goal + hits.length) % hits.length;
    const node = hits[at];
    mark();
    list.children[at].scrollIntoView({ block: "nearest" });
    player.select(state.scene.nodes[node].label);
    makeRoom();
    camera.reveal([player.picture.geometry.cards[node]], true);
  }
  function open() {
    if (!state.ready) return;
    search.hidden = false;
    field.focus({ preventScroll: true });
    field.select();
    seek();
  }
  function leave() {
    search.hidden = true;
    seek();
    makeRoom();
    camera.pan(0, 0);
    root.focus({ preventScroll: true });
  }
  listen(field, {
    input: seek,
    keydown(event) {
      const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") leave();
      else if (step) go(at < 0 && step < 0 ? -1 : at + step);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  }, signal);
  listen(list, {
    mousedown(event) { event.preventDefault(); }, // the field keeps the focus
    click({ target }) { const hit = target.closest("[data-hit]"); if (hit) go(+hit.dataset.hit); },
  }, signal);
  listen(close, { click: leave }, signal);
  stage.append(search);
  player.keys.push([["/"], t("Find nodes"), open]);
  player.openSearch = open;
  return {
    resize() { if (!search.hidden) seek(); },
    show({ scene, frame }) {
      if (!search.hidden && (scene !== asked[0] || frame !== asked[1])) seek();
    },
  };
}
