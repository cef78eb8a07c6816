"""Explorers of other shapes in a real JupyterLab: arrays, fan-outs, failures, many nodes."""

import pytest

from .lab import NOTHING_WAITING, choose, notebook, open_notebook, picture, run_all, start_all
from .waiting import becomes

IMPORTS = "import numpy as np\nimport chainviz as cv\n"
FAN = """
def fan(x, y):
    u = x * y
    v = x + y
    return u * v + np.sin(u)
e = cv.explore(fan, x=(-3.0, 3.0), y=(-3.0, 3.0))
e.values = {"x": 1.5, "y": -1.0}
e"""
LAYER = """
def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2)
cv.explore(layer, W=np.array([[0.5, -1.0], [1.0, 2.0]]), x=np.array([1.0, -0.5]), b=(-1.0, 1.0))"""
LOGARITHM = """
def f(x):
    z = x - 1
    a = np.log(z)
    return 2 * a
cv.explore(f, x=(-2.0, 6.0))"""
NETWORK = """
def network(x, y, w):
    for _ in range(22):
        x, y = cv.sigmoid(w * x - 0.5 * y), cv.sigmoid(x + 0.3 * y + 0.1)
    return (x * y - 1) ** 2
cv.explore(network, x=(-2.0, 2.0), y=(-2.0, 2.0), w=(-1.0, 1.0), detail="full")"""
HOSTILE = """
def f(x):
    z = cv.name(2 * x, '<img src=x onerror="document.title=1">')
    if x > 1:
        raise ValueError('<img src=x onerror="document.title=2">')
    return z ** 2
cv.explore(f, x=(-2.0, 2.0))"""


@pytest.fixture
def explorer(page, light_lab, folder, request):
    """The explorer that the code makes, in a notebook of its own."""
    (folder / "made.ipynb").write_text(notebook([IMPORTS + request.param]))
    open_notebook(page, light_lab, "made.ipynb")
    run_all(page)
    root = page.locator(".chainviz")
    root.wait_for()
    return root


def result(root, of):
    """The number that the head shows for the output, or for its derivative with respect to an input."""
    return root.locator(f'.chainviz-result[data-of="{of}"] b').inner_text().strip()


def field(root, name):
    return root.locator(f'.chainviz-field[aria-label="{name}"]')


@pytest.mark.parametrize("explorer", [FAN], indirect=True)
def test_contributions_add_up_at_a_fan_out(explorer):
    explorer.focus()
    explorer.page.keyboard.press("End")
    becomes(lambda: [result(explorer, name) for name in "xy"], ["−2.071", "−0.6439"])
    picture(explorer.page, "explorer-fan")


@pytest.mark.parametrize("explorer", [LAYER], indirect=True)
def test_arrays_are_edited_entry_by_entry(explorer):
    explorer.focus()
    explorer.page.keyboard.press("End")
    entry = explorer.locator("input.chainviz-field").first
    entry.fill("2.5")
    entry.press("Enter")
    becomes(lambda: result(explorer, "y"), "0.9901")
    picture(explorer.page, "explorer-arrays")


@pytest.mark.parametrize("explorer", [LOGARITHM], indirect=True)
def test_where_the_function_fails_the_message_stands_beside_the_last_good_picture(explorer):
    field(explorer, "x").fill("0.5")
    field(explorer, "x").press("Enter")
    message = explorer.locator(".chainviz-message")
    message.get_by_text("a is NaN").wait_for()
    assert "a = np.log(z), where z = -0.5" in message.inner_text()
    assert "last good input: x = 2" in message.inner_text()
    becomes(explorer.locator("[data-node] .chainviz-value").all_text_contents, ["2", "1", "0", "0"])
    picture(explorer.page, "explorer-error")
    field(explorer, "x").fill("3")
    field(explorer, "x").press("Enter")
    becomes(lambda: result(explorer, "y"), "1.386")
    message.wait_for(state="hidden")


@pytest.mark.parametrize("explorer", [NETWORK], indirect=True)
def test_a_graph_of_200_nodes_steps_and_plays(explorer):
    becomes(lambda: explorer.locator("[data-node]").count() > 150, True)
    explorer.focus()
    explorer.page.keyboard.press("End")
    becomes(lambda: result(explorer, "w") != "", True)
    picture(explorer.page, "explorer-network")


@pytest.mark.parametrize("explorer", [HOSTILE], indirect=True)
def test_names_and_messages_are_never_markup(explorer):
    field(explorer, "x").fill("1.5")
    field(explorer, "x").press("Enter")
    explorer.locator(".chainviz-message").get_by_text("ValueError").wait_for()
    assert explorer.locator("img").count() == 0
    assert explorer.page.title() not in ("1", "2")


UNTIL_TOLD = """
import pathlib, time
while not pathlib.Path({told!r}).exists():
    time.sleep(0.1)"""


@pytest.fixture
def told(tmp_path):
    """The file that ends the busy kernel's waiting, be it that the test has failed."""
    yield tmp_path / "told"
    (tmp_path / "told").touch()


@pytest.fixture
def busy(page, light_lab, folder, told):
    """An explorer of numbers whose kernel is busy until there is the file `told`."""
    (folder / "busy.ipynb").write_text(notebook([IMPORTS + FAN, UNTIL_TOLD.format(told=str(told))]))
    open_notebook(page, light_lab, "busy.ipynb")
    start_all(page)
    root = page.locator(".chainviz")
    root.locator(".chainviz-picture").wait_for()
    return root


def drag(root, name, value):
    slider = root.locator(f'.chainviz-slider[aria-label="{name}"]')
    slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", str(value))


def test_sliders_of_numbers_answer_while_the_kernel_is_busy_and_when_it_is_gone(busy, told):
    page = busy.page
    busy.focus()
    page.keyboard.press("End")
    for x, expected in ((2.0, "−2.584"), (-1.0, "2.46"), (1.5, "−2.071")):
        drag(busy, "x", x)
        assert result(busy, "x") == expected
    assert page.evaluate("() => [...document.querySelectorAll('.jp-InputPrompt')].some(e => e.innerText.includes('*'))")
    told.touch()
    page.wait_for_function(NOTHING_WAITING)
    page.wait_for_timeout(1000)  # what the kernel answers late changes nothing
    assert result(busy, "x") == "−2.071"
    becomes(busy.locator(".chainviz-message").inner_text, "")
    choose(page, "Kernel", "Shut Down Kernel")
    page.wait_for_timeout(2500)
    drag(busy, "x", 2.0)
    assert result(busy, "x") == "−2.584"
    page.wait_for_timeout(800)  # nobody misses the kernel, even after a while
    assert result(busy, "x") == "−2.584"
    assert not busy.locator(".chainviz-message").inner_text()
