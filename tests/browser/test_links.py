"""Traits of a player that others are linked to, in a real JupyterLab: in the page, and from both sides."""

import pytest

from .lab import notebook, open_notebook, run_all, shut_down_kernel
from .waiting import becomes

LINKED = """import chainviz as cv, numpy as np, ipywidgets, IPython.display as show
def f(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)
player = cv.explore(f, x=(-2.0, 2.0))
slider = ipywidgets.IntSlider(min=0, max=8)
chosen = ipywidgets.Text()
ipywidgets.jslink((player, "step"), (slider, "value"))
ipywidgets.jslink((player, "selected"), (chosen, "value"))
heard = ipywidgets.Label()
player.observe(lambda change: setattr(heard, "value", "kernel: " + change["new"]), "selected")
show.display(player, slider, chosen, heard)"""


@pytest.fixture
def linked(page, light_lab, folder):
    (folder / "linked.ipynb").write_text(notebook([LINKED]))
    open_notebook(page, light_lab, "linked.ipynb")
    run_all(page)
    page.locator(".chainviz-picture").wait_for()
    return page


def test_step_and_selected_are_linked_in_the_page_and_heard_in_the_kernel(linked):
    root = linked.locator(".chainviz")
    readout = linked.locator(".widget-readout").first
    root.focus()
    linked.keyboard.press("Home")
    linked.wait_for_function("() => document.querySelector('.widget-readout').textContent === '0'")
    linked.keyboard.press("ArrowRight")
    linked.wait_for_function("() => document.querySelector('.widget-readout').textContent === '1'")
    readout.fill("3")
    readout.press("Enter")
    linked.wait_for_function(
        "() => document.querySelector('.chainviz-track').getAttribute('aria-valuenow') === '3'"
    )  # the slider moved the player
    linked.locator('[data-node]:has-text("z")').first.click()
    linked.get_by_text("kernel: z", exact=True).wait_for()
    text = linked.locator(".widget-text input")
    becomes(text.input_value, "z")
    text.fill("a")
    text.press("Enter")
    linked.get_by_text("kernel: a", exact=True).wait_for()
    assert root.locator('.chainviz-picture [aria-selected="true"]').get_attribute("aria-label").startswith("a, power")


def test_a_second_view_beside_the_notebook_shows_the_same_story(linked):
    linked.locator(".jp-OutputArea-output .chainviz").click(button="right", position={"x": 300, "y": 4})
    linked.get_by_text("Create New View for Cell Output", exact=True).click()
    players = linked.locator(".chainviz:has([data-node])")
    players.nth(1).wait_for()
    players.first.focus()
    linked.keyboard.press("End")
    tracks = linked.locator(".chainviz-track")
    last = tracks.first.get_attribute("aria-valuemax")
    becomes(lambda: [track.get_attribute("aria-valuenow") for track in tracks.all()], [last, last])


TWO = """import chainviz as cv, numpy as np, ipywidgets, IPython.display as show
one, two = (cv.explore(f, x=(-2.0, 2.0)) for f in (lambda x: np.sin((2 * x + 1) ** 2), lambda x: np.cos(3 * x) * x))
for name in ("speed", "playing"):
    ipywidgets.jslink((one, name), (two, name))
show.display(one, two)"""


def test_speed_and_playing_of_two_players_are_linked_without_a_kernel(page, light_lab, folder):
    (folder / "two.ipynb").write_text(notebook([TWO]))
    open_notebook(page, light_lab, "two.ipynb")
    run_all(page)
    players = page.locator(".chainviz:has([data-node])")
    players.nth(1).wait_for()
    shut_down_kernel(page)
    players.first.get_by_label("Speed").select_option("4")
    becomes(players.nth(1).get_by_label("Speed").input_value, "4")
    players.first.get_by_role("button", name="Play", exact=True).click()
    players.nth(1).get_by_role("button", name="Pause", exact=True).wait_for()
    for player in (players.first, players.nth(1)):
        last = player.locator(".chainviz-track").get_attribute("aria-valuemax")
        player.locator(f".chainviz-track[aria-valuenow='{last}']").wait_for()
