"""What to_svg writes is what the widget draws: the same texts and shapes at the same places, step by step."""

import base64
import re

import numpy as np
import pytest

import chainviz as cv

from .waiting import painted

TOLERANCE = 2.0  # px
TRAITS = "scene", "step", "speed", "playing", "inputs", "values", "error", "detail", "expanded", "foldable", "tape"
HEXADECIMAL = re.compile("#([0-9a-f]{6})")
PLAY = """async ([script, state, frame]) => {
  document.body.innerHTML = '<div id="widget" style="width:2400px"></div><div id="picture"></div>';
  document.documentElement.style.cssText = "--jp-ui-font-family: Helvetica, Arial, sans-serif";
  const sheet = document.createElement("style");
  sheet.textContent = "* { transition: none !important }";
  document.head.replaceChildren(sheet);
  const numbers = Uint8Array.from(atob(frame), (c) => c.charCodeAt(0)), listeners = {};
  const values = { ...state, frame: new DataView(numbers.buffer) };
  window.model = { get: (name) => values[name], save_changes() {}, off() {},
    set: (name, value) => { values[name] = value; listeners[`change:${name}`]?.(); },
    on: (name, handler) => { listeners[name] = handler; } };
  const { default: widget } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  widget.render({ model, el: document.getElementById("widget"), signal: new AbortController().signal });
}"""
SHOWN = """(selector) => {
  const root = document.querySelector(selector), origin = root.getBoundingClientRect();
  const scale = root.viewBox.baseVal.width / origin.width, colours = document.createElement("canvas").getContext("2d");
  const hexadecimal = (colour) => {
    const mixed = colour.match(/^color\\(srgb ([\\d.]+) ([\\d.]+) ([\\d.]+)/);
    colours.fillStyle = mixed ? `rgb(${mixed.slice(1, 4).map((c) => Math.round(c * 255)).join(" ")})` : colour;
    return colour === "none" || colour === "rgba(0, 0, 0, 0)" ? "" : colours.fillStyle;
  };
  const place = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x - origin.x, y - origin.y, width, height].map((v) => v * scale);
  };
  const found = [];
  for (const element of root.querySelectorAll("text, rect, path, circle")) {
    const look = getComputedStyle(element), text = element.tagName === "text" ? element.textContent.trim() : "";
    const opacity = +look.opacity, drawn = element.getBBox();
    const shown = element.getClientRects().length && look.visibility !== "hidden";
    if (element.closest("pattern, defs") || !shown) continue;
    if (element.tagName === "text") {
      if (text) found.push({ kind: "text", text, place: place(element), look: hexadecimal(
        getComputedStyle(element.querySelector("tspan") ?? element).fill) });
      continue;
    }
    const stroke = opacity * parseFloat(look.strokeWidth) * +look.strokeOpacity ? hexadecimal(look.stroke) : "";
    const fill = opacity * +look.fillOpacity && drawn.width * drawn.height ? hexadecimal(look.fill) : "";
    if (!stroke && !fill) continue;
    const stripes = stroke && look.strokeWidth === "1.2px" && !fill && drawn.height > 0;
    const hatched = look.fill.startsWith("url") || stripes;
    found.push({ kind: hatched ? "hatched" : "shape", place: place(element),
      look: `${fill}|${stroke}|${stroke && look.strokeDasharray.replaceAll("px", "")}`,
      line: stroke ? parseFloat(look.strokeWidth) : 0,
      seen: opacity * +(fill ? look.fillOpacity : look.strokeOpacity) });
  }
  return found;
}"""


def fan(x, y):
    u = x * y
    v = x + y
    return u * v + np.sin(u)


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2)


def network(x, y):
    for _ in range(5):
        x, y = cv.sigmoid(x - 0.5 * y), cv.sigmoid(x + 0.3 * y)
    return (x * y - 1) ** 2


def scoped(x, w):
    with cv.scope("layer 1"):
        h = np.tanh(w * x + 1) * x
    u = cv.stop_gradient(h) * w
    return u**2 + h


EXPLORERS = {
    "example": lambda: cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0)),
    "fan": lambda: cv.explore(fan, x=(-3.0, 4.0), y=(-3.0, 1.0)),
    "layer": lambda: cv.explore(layer, W=np.array([[0.5, -1.0], [1.0, 2.0]]), x=np.array([1.0, -0.5]), b=(-1.0, 2.0)),
    "compact": lambda: cv.explore(network, x=(-2.0, 2.5), y=(-2.0, 2.0)),
    "infinite": lambda: cv.Player(cv.trace(lambda x: np.sqrt(x), x=0.0)),
    "every operation": lambda: cv.explore(fan, x=(-3.0, 4.0), y=(-3.0, 1.0), detail="full"),
    "frozen": lambda: cv.explore(scoped, x=(0.5, 2.5), w=(-2.0, 2.0), frozen="w"),
    "cut": lambda: cv.Player(cv.trace(scoped, x=0.5, w=-2.0), detail="full"),
    "frozen, compact": lambda: cv.explore(network, x=(-2.0, 2.5), y=(-2.0, 2.0), frozen="x", detail="full"),
    "unused": lambda: cv.explore(lambda x, y: 2 * x, x=(-1.0, 2.0), y=(-1.0, 1.0)),
}


def glows(shape):
    """The glow of a gate: a filter in the widget, three outlines in a file."""
    return (shape.get("line"), round(shape.get("seen", 0), 2)) in {(15, 0.12), (11, 0.22), (7, 0.45)}


def colours(look):
    """The channels of all colours in a look, and the rest of it."""
    channels = [int(channel, 16) for found in HEXADECIMAL.findall(look) for channel in re.findall("..", found)]
    return channels, HEXADECIMAL.sub("#", look)


def close(a, b, room):
    return len(a) == len(b) and all(abs(p - q) <= room for p, q in zip(a, b, strict=True))


def alike(a, b):
    """The same text or shape at the same place in the same colours."""
    if a["kind"] != b["kind"] or a.get("text") != b.get("text"):
        return False
    if a["kind"] == "hatched":  # stripes end where the pattern, with which the widget fills all of the row, shows
        return close(a["place"], b["place"], 10)
    (hues, rest), (other_hues, other_rest) = colours(a["look"]), colours(b["look"])
    strokes = [(shape.get("line", 0), shape.get("seen", 1)) for shape in (a, b)]
    same = rest == other_rest and close(hues, other_hues, 1) and close(*strokes, 0.02)
    return same and close(a["place"], b["place"], TOLERANCE)


def in_one_only(ours, theirs):
    """What is in one of two pictures and not in the other."""
    left, missing = list(theirs), []
    for shape in ours:
        twin = next((k for k, other in enumerate(left) if alike(shape, other)), None)
        if twin is None:
            missing.append(shape)
        else:
            del left[twin]
    return missing, left


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", EXPLORERS)
def test_a_file_shows_what_the_widget_shows(page, name, theme):
    explorer = EXPLORERS[name]()
    state = {key: getattr(explorer, key) for key in TRAITS}
    page.set_viewport_size({"width": 2500, "height": 1400})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto("about:blank")
    page.evaluate(PLAY, [explorer._esm, state, base64.b64encode(explorer.frame).decode()])
    page.wait_for_selector(".chainviz-picture")
    painted(page)
    last = len(explorer.scene["steps"]) - 1
    for step in sorted({0, 1, explorer.scene["turn"] - 1, explorer.scene["turn"], last - 1, last, (3 * last) // 4}):
        page.evaluate("step => model.set('step', step)", step)
        widget = page.evaluate(SHOWN, ".chainviz-picture")
        page.evaluate(
            "svg => { document.querySelector('#picture').innerHTML = svg }", explorer.to_svg(step=step, theme=theme)
        )
        file = [shape for shape in page.evaluate(SHOWN, "#picture > svg")[1:] if not glows(shape)]
        assert in_one_only(file, widget) == ([], []), f"step {step}"
