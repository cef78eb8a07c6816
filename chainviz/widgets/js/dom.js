/** Elements of the page, and small changes to them. */

const prefixed = new Map();
/** "card now" -> "chainviz-card chainviz-now": no class of ours can meet one of the page around. */
export function classes(names) {
  if (!prefixed.has(names)) prefixed.set(names, names.trim().replace(/ +/g, " ").replace(/\S+/g, "chainviz-$&"));
  return prefixed.get(names);
}

/** Change an attribute only where it differs: an untouched element costs the browser nothing. */
export function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/**
 * As `set`, for an attribute, or the text (name ""), that nothing but `paint` changes: to remember is quicker than to ask
 * the browser, and a slider repaints every card.
 */
export function paint(element, name, value) {
  const painted = element.chainvizPainted ??= {};
  if (painted[name] === value) return;
  painted[name] = value;
  if (name) element.setAttribute(name, value); else element.textContent = value;
}
export const setClass = (element, names) => paint(element, "class", classes(names));
export const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

const maker = (namespace) => (tag, attributes = {}, ...children) => {
  const element = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, name === "class" ? classes(value) : value);
  }
  element.append(...children);
  return element;
};
export const html = maker("http://www.w3.org/1999/xhtml"), svg = maker("http://www.w3.org/2000/svg");
export const box = (name, ...children) => html("div", { class: name }, ...children);
export const rect = (name, x, y, width, height, rx) => svg("rect", { class: name, x, y, width, height, rx });
export const text = (name, x, y, ...children) => svg("text", { class: name, x, y }, ...children);
export const path = (name, d) => svg("path", { class: name, d });
export const circle = (name, cx, cy, r) => svg("circle", { class: name, cx, cy, r });

/** The point of an SVG path after a share 0 .. 1 of its length. */
export function pointOn(way, share) {
  const { x, y } = way.getPointAtLength(way.getTotalLength() * share);
  return [x, y];
}

let serial = 0;
/** An id that no other element of the page has. */
export const newId = (name) => `chainviz-${name}-${++serial}`;

/** Listen until the signal aborts; one handler may stand for several events: {"pointerup blur"() {...}}. */
export function listen(target, handlers, signal) {
  for (const [names, handler] of Object.entries(handlers)) {
    for (const name of names.split(" ")) target.addEventListener(name, handler, { signal });
  }
}

/** The one place where markup becomes elements: Python's escaped MathML, and numbers that format() wrote. */
export function math(content) {
  const element = document.createElementNS("http://www.w3.org/1998/Math/MathML", "math");
  element.innerHTML = content;
  return element;
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
