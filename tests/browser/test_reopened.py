"""A notebook that was saved, with another kernel, with one that has gone, without trust, and outside JupyterLab."""

import json
import re

import nbformat
import pytest
from nbconvert import HTMLExporter

from .lab import choose, notebook, open_notebook, picture, restart_and_run_all, run_all, save, shut_down_kernel

CELLS = [
    """import chainviz as cv, numpy as np, ipywidgets
def f(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)
player = cv.explore(f, x=(-2.0, 2.0))
player""",
    """def layer(w, x):
    return np.max(np.tanh(w @ x))  # no tape has a maximum of an array: this one asks the kernel
both = ipywidgets.VBox([cv.explore(layer, w=np.eye(2), x=np.ones(2)), ipywidgets.IntSlider(3)])
both""",
]
STATE = "application/vnd.jupyter.widget-state+json"


class Notebook:
    """The notebook that a test is about, in the page and on the disk."""

    def __init__(self, page, url, path):
        self.page, self.url, self.path = page, url, path
        self.players = page.locator(".chainviz:has([data-node])")

    def write(self, cells):
        self.path.write_text(notebook(cells))

    def open(self):
        open_notebook(self.page, self.url, self.path.name)

    def run(self, players):
        run_all(self.page)
        self.wait_for(players)

    def wait_for(self, players):
        self.players.nth(players - 1).wait_for(timeout=15_000)
        assert self.players.count() == players

    def type(self, text, into="x"):
        field = self.players.first.locator(f'.chainviz-field[aria-label="{into}"]')
        field.fill(text)
        field.press("Enter")

    def press(self, *keys):
        self.players.first.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def result(self, of):
        return self.players.first.locator(f'.chainviz-result[data-of="{of}"] b').first.text_content()

    def step(self):
        return self.players.first.locator(".chainviz-track").get_attribute("aria-valuenow")

    def widgets(self):
        """The widgets that the file keeps by their ids, and the players among what the keeper has."""
        kept = json.loads(self.path.read_text())["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
        inside = kept.get("chainviz", {}).get("state", {}).get("kept", {})
        return set(kept), [each["state"] for each in inside.values() if each["model_name"] == "AnyModel"]


@pytest.fixture
def opened(page, light_lab, folder):
    made = Notebook(page, light_lab, folder / "reopened.ipynb")
    made.write(CELLS)
    made.open()
    made.run(2)
    made.type("1.5")
    made.players.first.get_by_text("−0.2879", exact=True).first.wait_for()
    made.press("End", "ArrowLeft")
    return made


@pytest.fixture
def saved(opened):
    """The notebook as it was left, after its kernel has gone."""
    save(opened.page)
    shut_down_kernel(opened.page)
    return opened


def test_with_another_kernel_players_are_as_they_were_left_and_go_on(saved):
    saved.open()
    saved.wait_for(2)
    assert saved.page.get_by_text("model not found").count() == 0
    assert (saved.result("y"), saved.step()) == ("−0.2879", "6")
    assert saved.page.locator(".widget-readout").text_content() == "3"  # what stands with a player comes back with it
    picture(saved.page, "reopened")
    saved.press("End")
    assert saved.result("x") == "−15.32"
    saved.type("0.5")
    saved.players.first.get_by_text("−0.7568", exact=True).first.wait_for()  # sin(4), by the tape
    grid = saved.players.nth(1)
    grid.locator(".chainviz-field").first.fill("2")
    grid.locator(".chainviz-field").first.press("Enter")
    grid.get_by_text("If it has stopped, run the cell again").wait_for()
    save(saved.page)
    shut_down_kernel(saved.page)
    saved.open()  # once more, though no kernel has known the widgets since
    saved.wait_for(2)
    assert saved.result("y") == "−0.7568"


def test_run_again_there_is_one_player_a_cell_and_the_file_keeps_no_more(saved):
    saved.open()
    saved.wait_for(2)
    saved.run(2)
    restart_and_run_all(saved.page)
    saved.wait_for(2)
    saved.page.wait_for_timeout(1000)
    assert saved.players.count() == 2
    save(saved.page)
    ids, players = saved.widgets()
    assert ids == {"chainviz", "chainvizGate"}
    assert len(players) == 2
    assert not any("_esm" in state for state in players)  # the keeper has it once
    choose(saved.page, "Edit", "Clear Outputs of All Cells")
    save(saved.page)
    assert saved.widgets() == (set(), [])


def test_while_it_is_open_a_player_outlives_its_kernel_and_is_kept(saved):
    saved.press("Home", "ArrowRight")
    saved.page.wait_for_timeout(1500)
    assert saved.step() == "1"
    saved.press("End")
    saved.type("0.5")
    saved.players.first.get_by_text("−0.7568", exact=True).first.wait_for()
    saved.players.first.get_by_role("button", name="Every operation").click()
    said = saved.players.first.get_by_text("If it has stopped, run the cell again")
    said.wait_for()
    picture(saved.page, "kernel-gone")
    saved.players.first.get_by_role("button", name="Every operation").click()
    said.wait_for(state="detached")
    save(saved.page)
    saved.open()
    saved.wait_for(2)
    assert saved.result("y") == "−0.7568"


def test_without_trust_there_are_no_players_and_there_are_still_pictures(saved, dark_lab):
    open_notebook(saved.page, dark_lab, saved.path.name)  # a server that has not seen this notebook run
    image = saved.page.locator(".jp-OutputArea-output img[alt^='Explorer(x=0, y=0.8415']")
    image.wait_for()
    assert image.evaluate("image => image.naturalWidth") > 100
    assert saved.players.count() == 0
    assert saved.page.get_by_text("model not found").count() == 0


def test_nbconvert_shows_the_still_picture_and_needs_no_network_for_it(saved):
    body, _ = HTMLExporter().from_notebook_node(nbformat.read(saved.path, as_version=4))
    assert re.findall(r'<img alt="([^"]+)"', body) == ["Explorer(x=0, y=0.8415, dy/dx=2.161)"]
    assert '<script type="application/vnd.jupyter.widget-view+json">' not in body


def test_a_reopened_notebook_prints_its_pictures_and_nothing_to_press(saved):
    saved.open()
    saved.wait_for(2)
    saved.page.emulate_media(media="print")
    assert saved.players.first.locator(".chainviz-picture").is_visible()
    assert saved.players.first.locator(".chainviz-equation").is_visible()
    assert not saved.players.first.locator(".chainviz-transport").is_visible()


def test_a_notebook_without_players_keeps_its_own_widgets_as_they_are(page, light_lab, folder):
    other = Notebook(page, light_lab, folder / "other.ipynb")
    other.write(["import ipywidgets; ipywidgets.IntSlider(3)"])
    kept = {STATE: {"version_major": 2, "version_minor": 0, "state": {}}}
    made = json.loads(other.path.read_text())
    made["metadata"]["widgets"] = kept
    other.path.write_text(json.dumps(made))
    other.open()
    run_all(page)
    save(page)
    assert json.loads(other.path.read_text())["metadata"]["widgets"] == kept
