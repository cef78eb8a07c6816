"""A player in a bare page: the script with a stand-in for the widget's model, for what needs no JupyterLab."""

import base64
import json
from pathlib import Path

import chainviz as cv
from chainviz.drawing.scene import frame, scene
from chainviz.widgets import player

from .waiting import painted

SHOW = """async ([script, scene, frame]) => {
  const { default: widget } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const bytes = new DataView(Uint8Array.from(atob(frame), (c) => c.charCodeAt(0)).buffer), watched = {};
  const traits = { scene, frame: bytes, step: 0, speed: 1, playing: false, inputs: [], values: {}, error: "",
    detail: "folded", expanded: [], foldable: false, selected: "" };
  window.model = { get: (name) => traits[name], save_changes() {}, off() {},
    on(event, handler) { (watched[event] ??= []).push(handler); },
    set(name, value) { traits[name] = value; watched[`change:${name}`]?.forEach((handler) => handler()); } };
  const el = document.createElement("div");
  document.body.append(el);
  widget.render({ model: window.model, el });
}"""


def show(page, f, **inputs):
    """Show a function's player in the page, without motion; its scene."""
    graph = cv.trace(f, **inputs)
    made = json.loads(json.dumps(scene(graph, 1)))
    script = Path(player.__file__).with_name("player.js").read_text("utf-8")
    page.emulate_media(reduced_motion="reduce")
    page.goto("about:blank")
    page.set_content("<meta name=viewport content='width=device-width, initial-scale=1'>")
    page.evaluate(SHOW, [script, made, base64.b64encode(frame(graph, 1)).decode()])
    page.wait_for_selector(".chainviz-picture")
    painted(page)
    return made


def trait(page, name):
    return page.evaluate("(name) => window.model.get(name)", name)


def put(page, name, value):
    page.evaluate("([name, value]) => window.model.set(name, value)", [name, value])
