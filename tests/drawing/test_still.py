"""Pictures to keep: at every step they say what the frame says; they stand alone and have the size asked for."""

import io
import re
from xml.etree import ElementTree

import numpy as np
import PIL.Image
import pytest

import chainviz as cv
from chainviz.drawing import paint, shapes
from chainviz.drawing.still import story_of
from chainviz.formatting import format_number

SVG = "{http://www.w3.org/2000/svg}"


def fan(x, y):
    u, v = x * y, x + y
    return u * v + np.sin(u)


def layer(W, x, b):
    return np.sum(np.tanh(W @ x + b) ** 2)


def network(x, y):
    for _ in range(5):
        x, y = cv.sigmoid(x - 0.5 * y), cv.sigmoid(x + 0.3 * y)
    return (x * y - 1) ** 2


GRAPHS = {
    "example": cv.trace(lambda x: np.sin((2 * x + 1) ** 2), x=1.5),
    "fan": cv.trace(fan, x=1.5, y=-1.0),
    "layer": cv.trace(layer, W=np.array([[0.5, -1.0], [1.0, 2.0]]), x=np.array([1.0, -0.5]), b=0.1),
    "compact": cv.trace(network, x=0.3, y=-0.4),
    "constant": cv.trace(lambda x: 3.0, x=1.0),
    "infinite": cv.trace(lambda x: np.sqrt(x), x=0.0),
    "identity": cv.trace(lambda x: x, x=1.0),
    "unused": cv.trace(lambda x, y: 2 * x, x=1.0, y=2.0),
    "large": cv.trace(lambda x: np.sum(np.ones((40, 30)) @ x), x=np.full(30, 2.0)),
}


def texts(root, id):
    """The bold texts, which are the numbers, of a card."""
    card = next(group for group in root.iter(f"{SVG}g") if group.get("id") == id)
    return ["".join(text.itertext()) for text in card.iter(f"{SVG}text") if text.get("font-weight")]


@pytest.mark.parametrize("name", ["example", "fan"])
def test_every_step_shows_its_numbers_and_no_digit_before(name):
    graph = GRAPHS[name]
    value, adjoint = {k: format_number(graph.nodes[k].value) for k in graph.inputs}, {}
    for step, (kind, at) in enumerate(graph.timeline()):
        if kind == "value":
            value[at] = format_number(graph.nodes[at].value)
        if kind == "seed":
            adjoint[at] = "1"
        if kind == "edge":
            adjoint[graph.edges[at].source] = format_number(graph.edges[at].so_far)
        root = ElementTree.fromstring(graph.to_svg(step=step))
        for node in graph.nodes:
            expected = [shown[node.index] for shown in (value, adjoint) if node.index in shown]
            assert texts(root, node.id) == expected, (step, node.name)


@pytest.mark.parametrize("theme", shapes.PALETTES)
@pytest.mark.parametrize("name", GRAPHS)
def test_an_svg_is_well_formed_and_refers_to_nothing(name, theme):
    drawn = GRAPHS[name].to_svg(theme=theme)
    root = ElementTree.fromstring(drawn)
    assert {element.tag for element in root.iter()} <= {
        SVG + tag for tag in ("svg", "g", "rect", "path", "text", "tspan")
    }
    assert not re.search(r"href|url\(|<style|<script|@import", drawn)
    assert drawn.count("http") == 1  # the name space
    assert "nan" not in re.sub(r'(aria-label|id)="[^"]*"|>[^<]*<', "", drawn)


def test_hostile_names_are_text():
    hostile = '</text><script>alert("1")</script>&\x00\x1b'
    graph = cv.trace(lambda x: cv.name(2 * x, hostile) ** 2, x=1.5)
    root = ElementTree.fromstring(graph.to_svg())
    assert "script" not in {element.tag.removeprefix(SVG) for element in root.iter()}
    assert any("<script>" in "".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert graph.to_png()


@pytest.mark.parametrize("name", GRAPHS)
def test_a_png_has_the_drawings_size_times_the_scale_and_the_themes_background(name):
    graph = GRAPHS[name]
    root = ElementTree.fromstring(graph.to_svg())
    for theme, scale in (("light", 1), ("dark", 1.5)):
        image = PIL.Image.open(io.BytesIO(graph.to_png(theme=theme, scale=scale)))
        assert image.size == pytest.approx([scale * float(root.get(side)) for side in ("width", "height")], abs=1)
        assert "#{:02x}{:02x}{:02x}".format(*image.getpixel((0, 0))) == shapes.PALETTES[theme]["bg"]
        assert len(image.getcolors(100_000)) > 20


def test_shapes_are_painted_where_the_svg_has_them():
    graph = GRAPHS["example"]
    image = PIL.Image.open(io.BytesIO(graph.to_png(scale=1)))
    card = next(g for g in ElementTree.fromstring(graph.to_svg()).iter(f"{SVG}g") if g.get("id") == "n4")
    x, y = map(float, re.findall(r"[\d.]+", card.get("transform")))
    bar = next(shape for shape in card.iter(f"{SVG}rect") if shape.get("fill") == shapes.PALETTES["light"]["pos"])
    middle = [float(bar.get(at)) + float(bar.get(size)) / 2 for at, size in (("x", "width"), ("y", "height"))]
    painted = image.getpixel((round(x + middle[0]), round(y + middle[1] - 0.5)))
    assert "#{:02x}{:02x}{:02x}".format(*painted) == shapes.PALETTES["light"]["pos"]


def test_a_text_is_painted_as_wide_as_a_browser_sets_it():
    name = shapes.Text([("v", "i"), ("2", "_")], 100, 50, 22, "ink", "start")
    (letter, at), (_, below) = paint._letters(name)
    assert at.transform([0, 0]) == pytest.approx([100, 50])
    assert below.transform([0, 0]) == pytest.approx([109.8, 54.8], abs=0.5)  # Chromium, STIX: v is 9.77 wide
    assert letter.get_extents(at).height == pytest.approx(9.9, abs=1)


def test_what_has_no_glyph_in_the_italic_face_is_painted_all_the_same():
    plain, advance = paint._outlined("v", "math", True, False)
    barred, wide = paint._outlined("v\u0304", "math", True, False)
    assert wide == pytest.approx(advance, abs=0.02)
    assert barred.get_extents().height > plain.get_extents().height + 0.05


def test_a_pdf_has_a_page_or_one_for_every_step():
    graph = GRAPHS["fan"]
    pages = [len(re.findall(rb"/Type /Page\b", graph.to_pdf(step=step))) for step in (3, "last", "all")]
    assert pages == [1, 1, len(graph.timeline())]
    assert b"/Image" not in graph.to_pdf().split(b"/ProcSet")[0]
    assert b"/Subtype /Image" not in graph.to_pdf()


def test_a_gif_shows_every_step_for_its_time_and_moves_between():
    graph = GRAPHS["example"]
    made = graph.to_gif(seconds=1.6)
    image = PIL.Image.open(io.BytesIO(made))
    times = []
    for k in range(image.n_frames):
        image.seek(k)
        times.append(image.info["duration"])
    steps = len(graph.timeline())
    assert sum(times) == pytest.approx(1600 * (steps + 1), rel=0.02)  # the last one stays twice as long
    assert image.n_frames > 5 * (steps - 2)
    assert len(made) < 1_000_000
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert image.size == tuple(
        round(float(ElementTree.fromstring(graph.to_svg()).get(side))) for side in ("width", "height")
    )


def test_a_part_of_the_animation_and_a_single_step():
    graph = GRAPHS["example"]
    whole, part, one = (
        PIL.Image.open(io.BytesIO(graph.to_gif(first=first, last=last))).n_frames
        for first, last in ((0, "last"), (2, 4), (-1, -1))
    )
    assert one == 1 < part < whole


def test_while_a_number_travels_nothing_is_known_that_has_not_arrived():
    story = story_of(GRAPHS["example"])
    seen = [text for group in story.at(1, 0.5).groups for text in group.shapes if isinstance(text, shapes.Text)]
    numbers = [text.runs[0][0] for text in seen if text.bold and text.face == "ui" and "×" not in text.runs[0][0]]
    assert sorted(numbers) == ["1.5", "1.5"]  # the input's card, and the pill


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"step": 10}, r"There is no step 10. The steps are 0 to 9; write step=9 or step='last'"),
        ({"step": -11}, "There is no step -11"),
        ({"step": "end"}, "There is no step 'end'"),
        ({"step": True}, "There is no step True"),
        ({"step": 1.0}, "There is no step 1.0"),
        ({"theme": "solarized"}, "There is no theme 'solarized'. Write theme='light' or theme='dark'."),
        ({"path": "/no/such/folder/a.svg"}, r"There is no folder '/no/such/folder' to write 'a.svg' to"),
        ({"path": "/"}, "'/' is a folder"),
    ],
)
def test_what_cannot_be_drawn_or_written_is_said(wrong, says):
    with pytest.raises(cv.InputError, match=says):
        GRAPHS["example"].to_svg(**wrong)


def test_what_cannot_be_animated_is_said():
    graph = GRAPHS["example"]
    with pytest.raises(cv.InputError, match=r"first=5 is step 5, after last=2, which is step 2. Swap them"):
        graph.to_gif(first=5, last=2)
    with pytest.raises(cv.InputError, match="seconds=0 is no number from 0 to 100"):
        graph.to_gif(seconds=0)
    with pytest.raises(cv.InputError, match="scale='big'"):
        graph.to_png(scale="big")


def test_what_is_returned_is_what_is_written(tmp_path):
    graph = GRAPHS["example"]
    for name in ("svg", "png", "pdf", "gif"):
        path = tmp_path / f"picture.{name}"
        made = getattr(graph, f"to_{name}")(path if name != "svg" else str(path))
        assert path.read_bytes() == (made.encode() if name == "svg" else made)


def test_a_large_graph_has_the_picture_of_its_boxes():
    def long(x):
        for k in range(3_000):
            x = 0.999 * x if k % 2 else np.sin(x)
        return x

    graph = cv.trace(long, x=1.5)
    shown = graph._repr_mimebundle_()
    assert shown["text/plain"] == repr(graph)
    assert shown["image/svg+xml"] == graph.to_svg()
    assert svg_without_words(graph) == svg_without_words(graph.collapse())
    assert len(shown["image/svg+xml"]) < 300_000


def svg_without_words(graph):
    return graph.to_svg().replace(repr(graph), "")


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_empty_arrays_have_a_picture_too(shape):
    """In a notebook a graph shows as its picture: whatever could be recorded must have one."""
    graph = cv.trace(lambda x: np.sum(x**2) + 1, x=np.zeros(shape))
    for step in range(len(graph.timeline())):
        assert "nan" not in graph.to_svg(step=step)


def test_steps_count_from_both_ends():
    graph = GRAPHS["example"]
    assert graph.to_svg() == graph.to_svg(step="last") == graph.to_svg(step=-1) == graph.to_svg(step=np.int64(9))
    assert graph.to_svg(step=0) == graph.to_svg(step=-10)
