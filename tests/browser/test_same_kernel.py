"""Pages that come to a kernel which has run the notebook before, and kernels that are new under an open page."""

import pytest

from .lab import choose, notebook, open_notebook, restart_and_run_all, run_all, save, watch
from .waiting import becomes

CELLS = [
    """import chainviz as cv, numpy as np, ipywidgets
player = cv.explore(lambda x: np.sin((2 * x + 1) ** 2), x=(-2.0, 2.0))
slider = ipywidgets.IntSlider(min=0, max=20)
linked = ipywidgets.jslink((player, "step"), (slider, "value"))
ipywidgets.VBox([player, slider])""",
    "ipywidgets.HBox([player])",
    "cv.lessons.depth_lab(depth=3)",
]


class Tab:
    """The notebook in a page, and what a person does with its first player."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        self.players = page.locator(".chainviz:has([data-node])")

    def open(self):
        open_notebook(self.page, self.url, "same.ipynb")
        self.is_whole()

    def is_whole(self):
        """Two views of the player, the lab, and nothing that is still on its way."""
        becomes(self.players.count, 2)
        self.page.locator(".chainviz-lab h2").filter(has_text="reaches layer 1").wait_for()
        assert self.page.get_by_text("Loading widget").count() == 0

    def run_all(self):
        run_all(self.page)
        self.is_whole()

    def press(self, key):
        self.players.first.focus()
        self.page.keyboard.press(key)

    def shows(self, step):
        """Both views and the linked slider are at this step."""
        becomes(
            lambda: [t.get_attribute("aria-valuenow") for t in self.page.locator(".chainviz-track").all()], [step] * 2
        )
        becomes(self.page.locator(".widget-readout").first.text_content, step)


@pytest.fixture
def first(page, light_lab, folder):
    """The notebook, run twice in a page that was then closed: its kernel has it all, the second page reopens it."""
    (folder / "same.ipynb").write_text(notebook(CELLS))
    before = page.context.new_page()
    open_notebook(before, light_lab, "same.ipynb")
    tab = Tab(before, light_lab)
    tab.run_all()
    tab.run_all()
    save(before)
    before.close()
    tab = Tab(page, light_lab)
    tab.open()
    return tab


def test_a_second_tab_and_a_reloaded_page_show_what_the_first_shows_and_move_it(first, light_lab):
    first.press("End")
    last = first.players.first.locator(".chainviz-track").get_attribute("aria-valuemax")
    first.shows(last)
    second = Tab(first.page.context.new_page(), light_lab)
    errors = watch(second.page)
    second.open()
    second.shows(last)
    second.press("Home")
    second.shows("0")
    first.shows("0")
    first.open()  # in the middle of its story, and of another tab's
    first.shows("0")
    first.press("ArrowRight")
    first.shows("1")
    second.shows("1")
    assert errors == []


def test_run_again_after_a_reload_its_cells_are_alive_and_so_they_are_in_the_next_page(first):
    first.run_all()
    first.press("Home")
    first.shows("0")
    save(first.page)
    first.open()
    first.shows("0")
    first.press("ArrowRight")
    first.shows("1")


def test_where_one_cell_is_run_again_another_cell_says_that_its_player_has_gone(first):
    first.page.locator(".jp-CodeCell").first.click(position={"x": 200, "y": 10})
    choose(first.page, "Run", "Run Selected Cell")
    told = first.page.locator(".jp-CodeCell").nth(1).get_by_text("Run this cell again, too.")
    told.wait_for()
    becomes(first.players.count, 1)
    save(first.page)
    open_notebook(first.page, first.url, "same.ipynb")
    told.wait_for()
    becomes(first.players.count, 1)
    first.run_all()


def test_with_its_kernel_restarted_a_tab_goes_on_and_so_does_the_other_one(first, light_lab):
    second = Tab(first.page.context.new_page(), light_lab)
    second.open()
    restart_and_run_all(first.page)
    first.is_whole()
    first.press("Home")
    first.shows("0")
    save(first.page)
    second.open()
    second.shows("0")
    second.press("ArrowRight")
    first.shows("1")
