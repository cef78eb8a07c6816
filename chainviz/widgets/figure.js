// A figure: SVG that Python drew at this view's width, and where the pointer is in the data's coordinates.

/** The value at `share` of an axis from `low` to `high`. */
function along(share, [low, high], scale) {
  return scale === "log" ? low * (high / low) ** share : low + share * (high - low);
}

/** @returns {{axes: string, x: number, y: number} | null} what a pointer event points at */
function place(event, svg, regions) {
  const box = svg.getBoundingClientRect();
  const right = (event.clientX - box.x) / box.width, down = (event.clientY - box.y) / box.height;
  const region = regions.find((r) => right >= r.left && right <= r.right && down >= r.top && down <= r.bottom);
  if (!region) return null;
  return {
    axes: region.name,
    x: along((right - region.left) / (region.right - region.left), region.x, region.x_scale),
    y: along((region.bottom - down) / (region.bottom - region.top), region.y, region.y_scale),
  };
}

/** Calls at most once a frame, with the latest event. */
function everyFrame(handle) {
  let waiting = null;
  return (event) => {
    if (!waiting) requestAnimationFrame(() => { const last = waiting; waiting = null; handle(last); });
    waiting = event;
  };
}

export default {
  render({ model, el }) {
    el.classList.add("chainviz-figure");
    const band = document.createElement("div"), front = document.createElement("div");
    band.className = "chainviz-band";
    front.className = "chainviz-front";
    const draw = () => {
      const text = model.get("svg");
      if (text) el.replaceChildren(band, document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true), front);
    };
    const mark = () => {
      const [from, to, down = 1] = model.get("band");
      band.hidden = from === undefined;
      Object.assign(band.style, { left: `${100 * from}%`, width: `${100 * (to - from)}%`, bottom: `${100 * (1 - down)}%` });
    };
    const sweep = ({ kind, start, end, steps }) => {
      if (kind !== "sweep") return;
      el.classList.remove("chainviz-sweeping");
      void el.clientWidth; // begins anew where one is under way
      for (const [name, share] of [["--start", start], ["--end", end]]) el.style.setProperty(name, `${100 * share}%`);
      el.style.setProperty("--steps", steps);
      el.classList.add("chainviz-sweeping");
    };
    const tell = (kind, event) => {
      const svg = el.querySelector("svg"), at = svg && place(event, svg, model.get("regions"));
      if (at) model.send({ kind, ...at });
      else if (kind === "move") model.send({ kind: "leave" });
    };
    const measure = new ResizeObserver(everyFrame(() => {
      const width = Math.round(el.clientWidth);
      if (width >= 80 && Math.abs(width - model.get("width")) > 2) { model.set("width", width); model.save_changes(); }
    }));
    const moved = everyFrame((event) => tell("move", event));
    const listens = (name, handler) => el.addEventListener(name, handler);
    const watch = () => {
      const hears = model.get("hears");
      el.tabIndex = hears.includes("key") ? 0 : -1;
      el.onpointermove = hears.includes("move") ? moved : null;
      el.onpointerleave = hears.includes("move") ? () => model.send({ kind: "leave" }) : null;
      el.onclick = hears.includes("click") ? (event) => tell("click", event) : null;
    };
    listens("keydown", (event) => {
      if (!model.get("hears").includes("key") || !/^(Arrow(Left|Right|Up|Down)|Home|End|Enter| )$/.test(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      model.send({ kind: "key", key: event.key });
    });
    listens("animationend", ({ target }) => { if (target === front) el.classList.remove("chainviz-sweeping"); });
    model.on("change:svg", draw);
    model.on("change:band", mark);
    model.on("msg:custom", sweep);
    model.on("change:hears", watch);
    measure.observe(el);
    watch();
    mark();
    draw();
    return () => {
      measure.disconnect();
      for (const [name, handler] of [["change:svg", draw], ["change:hears", watch], ["change:band", mark], ["msg:custom", sweep]]) model.off(name, handler);
    };
  },
};
