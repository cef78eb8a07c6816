"""Nothing stays behind in the page: no listener, no element and no clock of a view that is gone, and none runs idle."""

import base64

import numpy as np
import pytest

import chainviz as cv

from .waiting import becomes, painted

# A model that several views can share, and that counts what is asked of the page: frames and timers.
SET_UP = """async ([script, state, numbersOfFrame]) => {
  document.body.innerHTML = "";
  const numbers = Uint8Array.from(atob(numbersOfFrame), (c) => c.charCodeAt(0)), handlers = new Map();
  const values = { ...state, frame: new DataView(numbers.buffer) };
  const of = (event) => handlers.get(event) ?? handlers.set(event, new Set()).get(event);
  window.heard = () => [...handlers.values()].reduce((count, set) => count + set.size, 0);
  window.steps = [];
  window.model = { get: (name) => values[name], save_changes() {},
    set(name, value) {
      if (values[name] === value) return;
      values[name] = value;
      if (name === "step") steps.push(value);
      for (const handler of [...of(`change:${name}`)]) handler();
    },
    on: (event, handler) => of(event).add(handler), off: (event, handler) => of(event).delete(handler) };
  const wait = setTimeout.bind(window), frame = requestAnimationFrame.bind(window);
  /** How often the page was asked for something in a while, in which all that was asked before has come, too. */
  window.askedIn = async (ms) => {
    const before = asked;
    await new Promise((done) => wait(done, ms));
    for (let k = 0; k < 2; k++) await new Promise(frame);
    return asked - before;
  };
  window.asked = 0;
  for (const name of ["requestAnimationFrame", "setTimeout", "setInterval"]) {
    const original = window[name].bind(window);
    window[name] = (...rest) => { asked += 1; return original(...rest); };
  }
  const { default: widget } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  window.show = () => {
    const control = new AbortController(), el = document.createElement("div");
    document.body.append(el);
    widget.render({ model, el, signal: control.signal });
    return () => { control.abort(); el.remove(); };
  };
}"""
COUNT_WHILE_IDLE = "(ms) => askedIn(ms)"


def fan(x, y):
    u = x * y
    return u * (x + y) + np.sin(u)


@pytest.fixture
def stage(page):
    """A page with a model of an explorer and the function show(), which opens a view and returns what closes it."""
    explorer = cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0))
    state = {
        k: v for k, v in explorer.get_state().items() if k[0] != "_" and k != "layout" and not isinstance(v, bytes)
    }
    page.goto("about:blank")
    page.evaluate(SET_UP, [explorer._esm, state, base64.b64encode(explorer.frame).decode()])
    return page


def settle(page):
    """Waits until the page has done what it was asked for, and asks for nothing new."""
    painted(page)
    becomes(lambda: page.evaluate(COUNT_WHILE_IDLE, 400), 0)


def left(page):
    """Listeners, elements and documents that the page holds, after a collection of garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("Performance.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    found = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return found["JSEventListeners"], found["Nodes"]


OPEN_AND_CLOSE = """async (count) => {
  for (let k = 0; k < count; k++) {
    const close = show();
    if (k % 4 === 1) model.set("playing", true);  // closed in the middle of a step
    if (k % 4 === 2) document.querySelector(".chainviz-button:last-child").click();  // with its help open
    await new Promise((done) => requestAnimationFrame(done));
    close();
    model.set("playing", false);
  }
}"""


def test_a_hundred_views_leave_no_listener_and_no_element(stage):
    stage.evaluate(OPEN_AND_CLOSE, 5)  # what is made once is made here
    settle(stage)
    listeners, nodes = left(stage)
    stage.evaluate(OPEN_AND_CLOSE, 100)
    settle(stage)
    assert stage.evaluate("() => heard()") == 0

    def more():
        listeners_after, nodes_after = left(stage)
        return listeners_after > listeners or nodes_after > nodes + 20  # one view alone has some hundreds

    becomes(more, False)


def test_an_idle_view_asks_nothing_of_the_page(stage):
    stage.evaluate("() => { show(); }")
    settle(stage)
    assert stage.evaluate(COUNT_WHILE_IDLE, 1000) == 0
    assert stage.evaluate("() => document.getAnimations().filter(a => a.playState === 'running').length") == 0


def test_after_a_step_and_after_the_end_the_clock_stands(stage):
    stage.evaluate("() => { show(); model.set('speed', 20); }")
    stage.locator(".chainviz").focus()
    stage.keyboard.press("ArrowRight")
    settle(stage)
    assert stage.evaluate(COUNT_WHILE_IDLE, 500) == 0
    stage.keyboard.press("Space")
    stage.wait_for_function("() => !model.get('playing')", timeout=180_000)
    settle(stage)
    assert stage.evaluate(COUNT_WHILE_IDLE, 500) == 0
    assert stage.evaluate("() => model.get('step') === model.get('scene').steps.length - 1")


def test_two_views_play_one_story_and_the_second_plays_on_when_the_first_is_gone(stage):
    stage.evaluate("() => { model.set('speed', 20); window.first = show(); window.second = show(); }")
    assert stage.locator(".chainviz").count() == 2
    stage.locator(".chainviz").first.focus()
    stage.keyboard.press("Home")
    stage.evaluate("() => { steps.length = 0; model.set('playing', true); }")
    stage.wait_for_function("() => steps.length > 2")
    pictures = "() => [...document.querySelectorAll('.chainviz-track')].map(e => e.getAttribute('aria-valuenow'))"
    first, second = stage.evaluate(pictures)
    assert first == second
    stage.evaluate("() => first()")
    stage.wait_for_function("() => !model.get('playing')", timeout=180_000)
    told = stage.evaluate("() => steps")
    assert told == list(range(1, len(told) + 1))  # none twice, none left out
    assert told[-1] == stage.evaluate("() => model.get('scene').steps.length - 1")
    assert stage.locator(".chainviz").count() == 1


def test_a_view_that_is_closed_while_it_plays_stops_its_clock(stage):
    stage.evaluate("() => { window.close_ = show(); model.set('playing', true); }")
    stage.wait_for_function("() => steps.length > 0")
    stage.evaluate("() => { steps.length = 0; close_(); }")
    settle(stage)
    assert stage.evaluate(COUNT_WHILE_IDLE, 1000) == 0
    assert stage.evaluate("() => steps") == []


def test_a_view_that_is_opened_again_shows_the_step_that_was_left(stage):
    stage.evaluate("() => { const close = show(); model.set('step', 5); close(); show(); }")
    settle(stage)
    assert stage.locator(".chainviz-track").get_attribute("aria-valuenow") == "5"
