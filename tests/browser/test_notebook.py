"""The first notebook as a person uses it: open, run, move the slider, step, restart."""

import re

import pytest

from .lab import open_notebook, picture, restart_and_run_all, run_all
from .waiting import becomes

NOTEBOOK = "01-rates-that-multiply.ipynb"


CUT_OFF = """root => {
    const box = root.getBoundingClientRect();
    return [...root.querySelectorAll('button, select, input, .chainviz-result, .chainviz-sentence')]
        .filter(e => e.offsetWidth)
        .filter(e => e.getBoundingClientRect().right > box.right + 1 || e.getBoundingClientRect().left < box.left - 1)
        .map(e => e.outerHTML.slice(0, 80));
}"""
CONTRAST = """element => {
    const parse = text => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    const over = (top, below) => below.map((v, k) => top[k] * (top[3] ?? 1) + v * (1 - (top[3] ?? 1)));
    const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
    let ground = [255, 255, 255];
    const around = [];
    for (let e = element; e; e = e.parentElement) around.unshift(parse(getComputedStyle(e).backgroundColor));
    for (const colour of around) ground = over(colour, ground);
    const a = light(over(parse(getComputedStyle(element).color), ground)), b = light(ground);
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
}"""


class Shown:
    """What the first explorer on the page shows."""

    def __init__(self, page, index=0):
        self.page = page
        self.root = page.locator(".chainviz").nth(index)
        self.root.scroll_into_view_if_needed()  # JupyterLab is where the last cell was run

    def values(self):
        return self.root.locator("[data-node] .chainviz-value").all_text_contents()

    def adjoints(self):
        return self.root.locator("[data-node] .chainviz-adjoint").all_text_contents()

    def result(self, of):
        return self.root.locator(f'.chainviz-result[data-of="{of}"]').inner_text().split("\n")[-1].strip()

    def sentence(self):
        return re.sub(r"\s+", " ", self.root.locator(".chainviz-sentence").inner_text())

    def type(self, text, of="x"):
        field = self.root.locator(f'.chainviz-field[aria-label="{of}"]')
        field.fill(text)
        field.press("Enter")

    def press(self, *keys):
        self.root.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def wait_for(self, text):
        self.root.get_by_text(text, exact=True).first.wait_for()


@pytest.fixture
def notebook(page, light_lab):
    open_notebook(page, light_lab, NOTEBOOK)
    run_all(page)
    page.locator(".chainviz [data-node]").first.wait_for()
    return page


def test_before_it_is_run_the_notebook_shows_still_pictures(page, light_lab):
    open_notebook(page, light_lab, NOTEBOOK)
    page.locator(".jp-OutputArea-output img[alt^='Explorer(x=0, y=0.8415']").first.wait_for()
    assert page.get_by_text("model not found").count() == 0
    picture(page, "notebook-before-running")


def test_it_starts_with_values_and_local_derivatives_and_no_adjoint(notebook):
    shown = Shown(notebook)
    becomes(shown.values, ["0", "0", "1", "1", "0.8415"])
    assert [text for text in shown.adjoints() if text] == []
    assert shown.root.locator(".chainviz-gate").first.text_content().split() == ["×", "2"]


def test_at_1_5_every_number_is_right_and_the_end_of_the_backward_pass_shows_the_derivative(notebook):
    shown = Shown(notebook)
    shown.type("1.5")
    shown.wait_for("−0.2879")
    becomes(shown.values, ["1.5", "3", "4", "16", "−0.2879"])
    assert shown.result("y") == "−0.2879"
    shown.press("End")
    becomes(shown.adjoints, ["−15.32", "−7.661", "−7.661", "−0.9577", "1"])
    assert shown.result("x") == "−15.32"
    picture(notebook, "explorer-end-light")


def test_the_slider_moves_every_number_with_it(notebook):
    shown = Shown(notebook)
    slider = shown.root.locator('input[type=range][aria-label="x"]')
    slider.fill("1.5")
    shown.wait_for("−0.2879")
    becomes(shown.values, ["1.5", "3", "4", "16", "−0.2879"])
    slider.press("ArrowRight")
    becomes(lambda: shown.values()[:3], ["1.52", "3.04", "4.04"])


def test_arrow_keys_step_and_each_step_is_said(notebook):
    shown = Shown(notebook)
    shown.type("1.5")
    shown.wait_for("−0.2879")
    shown.press("ArrowRight")
    becomes(shown.adjoints, ["", "", "", "", "1"])
    becomes(lambda: "Now backward" in shown.sentence(), True)
    shown.press("ArrowRight", "ArrowRight")
    becomes(shown.adjoints, ["", "", "−7.661", "−0.9577", "1"])
    becomes(lambda: "The adjoint of v3 is −0.9577" in shown.sentence(), True)
    becomes(lambda: "multiplied by the local derivative 8." in shown.sentence(), True)
    picture(notebook, "explorer-stepping")
    shown.press("ArrowLeft")
    becomes(shown.adjoints, ["", "", "", "−0.9577", "1"])
    shown.press("Home")
    becomes(shown.values, ["1.5", "", "", "", ""])


def test_the_space_bar_plays_to_the_end(notebook):
    shown = Shown(notebook)
    shown.root.get_by_label("Speed").select_option("4")
    shown.press("Space")
    shown.root.locator('[data-node="n0"] .chainviz-adjoint').filter(has_text="2.161").wait_for(timeout=180_000)
    becomes(lambda: shown.result("x"), "2.161")


def test_names_of_the_users_code_are_on_the_cards(notebook):
    shown = Shown(notebook, 1)
    labels = [shown.root.locator(f'[data-node="n{k}"]').get_attribute("aria-label") for k in range(4)]
    assert [label.split(",")[0] for label in labels] == ["x", "z", "a", "y"]


def test_a_button_shows_every_operation_and_folds_again(notebook):
    shown = Shown(notebook, 1)
    button = shown.root.get_by_role("button", name="Every operation")
    button.click()
    shown.root.locator('[data-node="n4"]').wait_for()
    shown.root.locator("svg[inert]").wait_for(state="detached")  # the drawing that fades away
    assert button.get_attribute("aria-pressed") == "true"
    assert shown.root.locator('[data-node="n1"]').get_attribute("aria-label").startswith("v₁")
    button.click()
    shown.root.locator('[data-node="n4"]').wait_for(state="detached")


@pytest.mark.parametrize(
    ("typed", "says"),
    [("abc", "is not a number"), ("NaN", "is not a finite number"), ("7", "from −2 to 2"), ("1,5", "Write 1.5")],
)
def test_bad_input_is_refused_in_words_and_the_picture_stays(notebook, typed, says):
    shown = Shown(notebook)
    before = shown.values()
    shown.type(typed)
    becomes(lambda: says in shown.root.inner_text(), True)
    assert shown.values() == before
    shown.type("1.5")
    shown.wait_for("−0.2879")
    becomes(lambda: says in shown.root.inner_text(), False)


def test_running_again_and_restarting_leave_one_live_explorer_a_cell(notebook):
    explorers = notebook.locator(".chainviz").count()
    run_all(notebook)
    notebook.wait_for_timeout(1000)  # no second one appears
    becomes(notebook.locator(".chainviz").count, explorers)
    restart_and_run_all(notebook)
    notebook.locator(".chainviz [data-node]").first.wait_for()
    notebook.wait_for_timeout(1500)
    becomes(notebook.locator(".chainviz").count, explorers)
    shown = Shown(notebook)
    shown.type("1.5")
    shown.wait_for("−0.2879")


def test_the_dark_theme_is_dark_and_readable(page, dark_lab):
    open_notebook(page, dark_lab, NOTEBOOK)
    run_all(page)
    shown = Shown(page)
    shown.root.locator("[data-node]").first.wait_for()
    shown.type("1.5")
    shown.wait_for("−0.2879")
    shown.press("End")
    becomes(lambda: shown.result("x"), "−15.32")
    picture(page, "explorer-end-dark")
    for selector in (".chainviz-sentence", '.chainviz-result[data-of="y"]', ".chainviz-result[data-of='x']"):
        becomes(lambda at=selector: contrast(shown.root.locator(at)) > 4.5, True)


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_is_cut_off(page, light_lab, width):
    page.set_viewport_size({"width": width, "height": 1000})
    open_notebook(page, light_lab, NOTEBOOK)
    run_all(page)
    shown = Shown(page)
    shown.root.locator("[data-node]").first.wait_for()
    shown.root.evaluate("root => root.scrollIntoView({ block: 'start' })")
    becomes(lambda: shown.root.evaluate(CUT_OFF), [])
    becomes(lambda: shown.root.evaluate("root => root.scrollWidth <= root.clientWidth + 1"), True)
    picture(page, f"explorer-{width}")


def contrast(locator):
    """The WCAG contrast of an element's text with what lies behind it."""
    return locator.evaluate(CONTRAST)
