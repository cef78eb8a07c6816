/** The selected node, and the walk along edges: the graph is one stop of the tab key, the arrows go on inside. */

import { listen, set } from "./dom.js";

/** What the arrows mean where values flow to the right; in a vertical drawing they flow down. */
const WIDE = { ArrowRight: "on", ArrowLeft: "back", ArrowUp: "before", ArrowDown: "after" };
const TALL = { ArrowDown: "on", ArrowUp: "back", ArrowLeft: "before", ArrowRight: "after" };

/** From a node or an edge to what an arrow leads to: {node} or {edge}, undefined where there is nothing. */
export function neighbour({ nodes, edges }, { node, edge }, way) {
  const step = way === "after" ? 1 : -1;
  if (edge === undefined) {
    if (way === "on" || way === "back") {
      const next = nodes[node][way === "on" ? "out" : "into"][0];
      return next === undefined ? undefined : { edge: next };
    }
    return nodes[node + step] && { node: node + step };
  }
  const { source, target } = edges[edge];
  if (way === "on") return { node: target };
  if (way === "back") return { node: source };
  const beside = nodes[source].out.length > 1 ? nodes[source].out : nodes[target].into;
  const next = beside[beside.indexOf(edge) + step];
  return next === undefined ? undefined : { edge: next };
}

export function createSelection(player, { root, scroller }, signal) {
  const { state, link, camera } = player;
  let picture = null, stop = null; // the element where the tab key stops

  const groupOf = ({ node, edge }) => (edge === undefined ? picture.cards[node] : picture.edges[edge]).group;
  const placeOf = (group) => ["node", "edge"].reduce((found, kind) => {
    const at = state.scene[`${kind}s`].findIndex(({ id }) => id === group?.dataset[kind]);
    return at < 0 ? found : { [kind]: at };
  }, null);
  const under = (target) => target.closest?.("[data-node], [data-edge]");
  const chosen = () => state.scene.nodes.findIndex(({ label }) => label === link.get("selected"));
  const boxesOf = ({ node, edge }) => (edge === undefined ? [node] : [state.scene.edges[edge].source,
    state.scene.edges[edge].target]).map((n) => picture.geometry.cards[n]);

  function stopAt(group) {
    if (stop !== group) stop?.setAttribute("tabindex", -1);
    stop = group;
    set(group, "tabindex", 0);
  }
  function show() {
    const at = chosen();
    picture?.cards.forEach(({ group }, k) => set(group, "aria-selected", k === at));
    return at;
  }
  /** Select a node, "" for none; the page hears of it as Python does. */
  player.select = (label) => {
    if (label !== link.get("selected")) link.save({ selected: label });
    show();
  };
  function choose(target) {
    const group = under(target), node = placeOf(group)?.node;
    if (node === undefined || group.dataset.box) return; // a box opens
    stopAt(group);
    const { label } = state.scene.nodes[node];
    player.select(label === link.get("selected") ? "" : label);
  }
  function walk(event) {
    const from = under(event.target), here = from && placeOf(from);
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") return choose(event.target);
    const way = (picture.geometry.vertical ? TALL : WIDE)[event.key];
    if (!way && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation(); // in the graph the arrows walk along edges, not along the steps
    if (!way) return root.focus({ preventScroll: true });
    const next = neighbour(state.scene, here, way);
    if (next) groupOf(next).focus({ preventScroll: true });
  }
  listen(scroller, {
    click({ target }) { choose(target); },
    keydown: walk,
    focusin({ target }) {
      const group = under(target), place = group && placeOf(group);
      if (!place) return;
      stopAt(group);
      camera.reveal(boxesOf(place));
    },
  }, signal);
  link.on("selected", () => {
    const at = picture ? show() : -1;
    if (at >= 0) {
      stopAt(groupOf({ node: at }));
      camera.reveal(boxesOf({ node: at }));
    }
  });
  return {
    rebuild() { picture = null; },
    resize({ scene }) {
      if (picture === player.picture) return;
      picture = player.picture;
      const at = show();
      stopAt(groupOf({ node: at < 0 ? scene.inputs[0] ?? 0 : at }));
    },
  };
}
