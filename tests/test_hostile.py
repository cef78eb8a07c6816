"""Whatever a name, a message or a source line holds, it leaves the package as text: no export has it as markup."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from jupyter_client.session import json_packer

import chainviz as cv
from chainviz.cli import main
from chainviz.graph.letters import name_latex
from chainviz.widgets.lab import _parts
from chainviz.widgets.sharecode import decode, encode

HOSTILE = """<img src=x onerror="owned=1">'"]]></script><script>owned=2</script></svg>{0}\\x3c<!--\x1b[31m\x00"""
DRAWN = {"svg", "g", "rect", "path", "text", "tspan"}


def everywhere(**others):
    """<img src=x onerror="owned=3">"""
    with cv.scope(HOSTILE):
        z = np.sin(cv.name(2 * sum(others.values()), HOSTILE)) + 1
        z = cv.module(HOSTILE)(lambda z: z * z + 1)(z)
    custom = cv.primitive(lambda x: x**3, vjp=lambda g, y, x: 3 * g * x**2, tex=HOSTILE.replace("{0}", "") + "{0}")
    return custom(z)  # </script><img src=x onerror="owned=4">


def fails(x):
    if x > 1:
        raise ValueError(HOSTILE)
    return x**2


def player():
    return cv.widgets.Player(cv.trace(everywhere, **{HOSTILE: 0.5, "x": 1.0}))


def failing():
    made = cv.explore(fails, x=(-2.0, 2.0))
    made.values = {"x": 1.5}
    assert HOSTILE in made.error
    return made


def lab():
    made = cv.lessons.depth_lab(depth=3)
    made.headline.sentence = made.headline.why = made.headline.error = HOSTILE
    return made


class Markup(HTMLParser):
    """What a browser makes of a page: its elements, and attributes that could run something."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.doubtful = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            runs = name.startswith("on") or re.match(r"\s*(javascript|http)", value or "")
            leads_away = name == "src" and not value.startswith("data:image/svg+xml;base64,")
            if not name.startswith("xmlns") and (runs or leads_away):
                self.doubtful.append((tag, name, value))


@pytest.mark.parametrize("made", [player, failing], ids=["names", "an error"])
@pytest.mark.parametrize("export", ["to_svg", "to_html", "mime"])
def test_in_svg_and_html_it_is_text(made, export, tmp_path):
    shown = made()
    if export == "to_svg":
        written = {"image/svg+xml": shown.to_svg()}
    elif export == "to_html":
        shown.to_html(tmp_path / "page.html")
        written = {"text/html": (tmp_path / "page.html").read_text(encoding="utf-8")}
    else:
        written = {k: v for k, v in shown._repr_mimebundle_()[0].items() if k in ("text/html", "image/svg+xml")}
        assert len(written) == 2
    for kind, text in written.items():
        if kind == "image/svg+xml":
            assert {e.tag.rpartition("}")[2] for e in ElementTree.fromstring(text).iter()} <= DRAWN
        else:
            markup = Markup(text)
            assert not markup.doubtful
            assert markup.tags.count("script") == (3 if export == "to_html" else 0)  # a page's own
    shown.close()


def test_in_mathml_and_in_the_still_of_a_lab_it_is_text():
    made = player()
    for node in made.scene["nodes"]:
        assert set(Markup(node["mathml"]).tags) <= {"mi", "mn", "msub"}
    for template in made.scene["templates"]:
        assert not {"img", "script", "svg"} & set(Markup(template).tags)
    card = lab()
    still = card._repr_mimebundle_()["text/html"]
    assert HOSTILE.replace("&", "&amp;") not in still
    assert not Markup(still).doubtful
    card.close()
    made.close()


def test_in_dot_it_is_one_string_and_in_latex_a_name():
    from pygraphviz import AGraph

    made = player()
    nodes = len(made.graph.nodes)
    assert len(AGraph(string=made.graph.to_dot().replace("\x00", "")).nodes()) == nodes
    for name in ("}", "%", "$", HOSTILE):
        set_name = name_latex(name)
        assert re.sub(r"\\[{}]", "", set_name).count("{") == re.sub(r"\\[{}]", "", set_name).count("}")
        assert not re.search(r"(?<!\\)[%$#&]", set_name)
    made.close()


def test_recorded_source_is_python_with_nothing_of_it_but_names_of_its_own():
    made = cv.trace(lambda **others: sum(others.values()) ** 2, **{HOSTILE: 0.5, "x\nimport os": 1.0})
    source = made.to_source()
    compile(source, "source", "exec")
    assert "import os" not in source.splitlines()
    assert made.compile()(0.5, 1.0)[0] == pytest.approx(2.25)


@pytest.mark.parametrize("formula", [HOSTILE, f"sin({HOSTILE})", "<img src=x onerror=alert(1)>", "__import__('os')"])
def test_a_formula_is_read_and_never_run(formula):
    with pytest.raises(cv.FormulaError) as raised:
        cv.explore(formula, x=(0.0, 1.0))
    assert "\x1b" not in str(raised.value)
    assert "\x00" not in str(raised.value)


@pytest.mark.parametrize("place", ["inputs", "frozen", "detail", "controls", "formula"])
def test_a_share_code_has_names_and_settings_or_is_refused(place):
    data = decode(cv.explore("sin(a^2)", a=(0.0, 1.0)).share())
    if place == "inputs":
        data["inputs"][0]["name"] = HOSTILE
    elif place == "formula":
        data["function"] = {"formula": HOSTILE}
    else:
        data[place] = [HOSTILE] if place == "frozen" else HOSTILE
    with pytest.raises(cv.ShareCodeError):
        cv.from_code(encode(data))


ODD = {
    "terminal": "\x1b]0;owned\x07\x1b[31mred",
    "direction": "ab\u202ecd\u2066",
    "null": "a\x00b",
    "half a character": "a\ud800b\udce9",
    "no character": "\ufffe\uffff",
    "lines": "a\r\nimport os\u2028b",
    "long": "n" * 2000,
}
"""Texts that a terminal obeys, or that no file, page or message can hold as they are."""


def messages_of(widget):
    """What goes to the page, as Jupyter packs it."""
    return b"".join(json_packer(part.get_state()) for part in _parts(widget))


def writes_all(shown, folder):
    """Every export and message can be written, and is well-formed."""
    messages_of(shown).decode("utf-8")
    json_packer(shown._repr_mimebundle_()[0]).decode("utf-8")
    for write in (shown.to_html, shown.to_svg, shown.to_png):
        write(folder / "written")
    ElementTree.fromstring(shown.to_svg())
    assert not Markup(shown.to_html()).doubtful
    for text in (repr(shown), shown.to_dot(), shown.to_latex(), shown.graph.to_source()):
        text.encode("utf-8")
    shown.mode, shown.tab = "forward", "Source"
    messages_of(shown).decode("utf-8")
    shown.close()


@pytest.mark.parametrize("odd", ODD)
def test_any_text_may_be_a_name(odd, tmp_path):
    def f(**others):
        with cv.scope(ODD[odd]):
            z = np.sin(cv.name(2 * sum(others.values()), ODD[odd])) + 1
        return cv.module(ODD[odd])(lambda z: z * z + 1)(z)

    writes_all(cv.Player(cv.trace(f, **{ODD[odd]: 0.5, "x": 1.0})), tmp_path)


@pytest.mark.parametrize("odd", ODD)
def test_any_text_may_be_an_error_and_the_next_move_works(odd, tmp_path):
    def fails(x):
        if x > 1:
            raise ValueError(ODD[odd])
        return x**2

    shown = cv.explore(fails, x=(-2.0, 2.0))
    shown.values = {"x": 1.5}
    assert shown.error.startswith("ValueError: ")
    messages_of(shown).decode("utf-8")
    shown.values = {"x": 0.5}
    assert (shown.error, repr(shown)) == ("", "Explorer(x=0.5, y=0.25, dy/dx=1)")
    writes_all(shown, tmp_path)


def cubed(x):
    return x**3


def slope_of_cube(g, y, x):
    return 3 * g * x**2


@pytest.mark.parametrize("odd", ODD)
def test_any_text_may_name_a_function_with_a_rule_and_be_its_formula(odd, tmp_path):
    def named(x):
        return cubed(x)

    named.__name__ = named.__doc__ = ODD[odd]
    custom = cv.primitive(named, vjp=slope_of_cube, tex=ODD[odd] + "{0}")
    shown = cv.explore(lambda x: custom(x) * 2, x=(-2.0, 2.0))
    messages_of(shown).decode("utf-8")
    shown.to_html(tmp_path / "written")
    ElementTree.fromstring(shown.to_svg())
    shown.close()


@pytest.mark.parametrize("tex", ["}", "{", "{x}", "{0.__class__}", "{0[0]}", "{0!r}", "{0:>9999999}", "{}", 3])
def test_a_formula_with_other_holes_than_operands_is_refused(tex):
    with pytest.raises(cv.RuleError, match=r"The formula of 'cubed' cannot be read: .*Write \{0\}, \{1\}"):
        cv.primitive(cubed, vjp=slope_of_cube, tex=tex)


def test_a_formula_with_a_hole_too_many_says_so():
    custom = cv.primitive(cubed, vjp=slope_of_cube, tex="{0}^{2}")  # braces that should be doubled
    with pytest.raises(cv.RuleError, match=r"The formula of 'cubed' has \{2\}, but it was called with 1 operand"):
        cv.grad(custom)(2.0)


@pytest.mark.parametrize("odd", ODD)
def test_a_network_may_have_any_name_parameters_and_errors(odd):
    fails = []

    def forward(p, x):
        if fails:
            raise ValueError(ODD[odd])
        return np.tanh(x @ p[ODD[odd]]) @ p["v"]

    forward.__name__ = forward.__doc__ = ODD[odd]
    made = cv.lessons.gradient_flow(model=(forward, {ODD[odd]: np.ones((2, 3)), "v": np.ones(3)}))
    messages_of(made).decode("utf-8")
    fails.append(True)
    made._set("points", "circles")  # as its control does
    assert "ValueError" in made.headline.error
    messages_of(made).decode("utf-8")
    fails.clear()
    assert not Markup(made._repr_mimebundle_()["text/html"]).doubtful
    made.close()


REFUSED = {
    "locked": lambda text: cv.explore("x^2", x=1.0, locked=[text]),
    "controls": lambda text: cv.explore("x^2", x=1.0, controls=text),
    "size": lambda text: cv.explore("x^2", x=1.0, size=text),
    "detail": lambda text: cv.explore("x^2", x=1.0, detail=text),
    "frozen": lambda text: cv.explore("x^2", x=1.0, frozen=text),
    "input": lambda text: cv.explore("x^2", x=1.0, **{text: 1.0}),
    "value": lambda text: cv.explore("x^2", x=text),
    "selected": lambda text: setattr(cv.explore("x^2", x=1.0), "selected", text),
    "tab": lambda text: setattr(cv.explore("x^2", x=1.0), "tab", text),
    "tangent_of": lambda text: setattr(cv.explore("x^2", x=1.0), "tangent_of", text),
    "expanded": lambda text: setattr(cv.explore("x^2", x=1.0), "expanded", [text]),
    "language": cv.set_language,
    "formula": lambda text: cv.explore(f"{text}(x)", x=1.0),
    "code": cv.from_code,
    "the text of a code": lambda text: cv.from_code(f"cv1:{text}!"),
    "model": lambda text: cv.lessons.gradient_flow(model=text),
    "path": lambda text: cv.explore("x^2", x=1.0).to_svg(f"/none/{text}"),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", REFUSED)
def test_what_is_refused_is_named_in_letters_that_steer_nothing(place, odd):
    with pytest.raises(cv.ChainvizError) as raised:
        REFUSED[place](ODD[odd])
    assert str(raised.value).replace("\n", "").isprintable(), ascii(str(raised.value))


@pytest.mark.parametrize("odd", [odd for odd in ODD if odd != "long"])
@pytest.mark.parametrize(
    "asked",
    [
        ["{}/course", "a.ipynb"],
        ["ana/course", "{}.ipynb"],
        ["ana/course", "a.ipynb", "--reference={}"],
        ["https://git.example.org/course", "a.ipynb", "--environment={}/NAME@v2"],
        ["https://git.example.org/course", "a.ipynb", "--environment=OWNER/NAME@{}"],
        ["https://git.example.org/{}", "a.ipynb", "--hub=https://hub.example.org"],
        ["https://git.example.org/course", "{}.ipynb", "--hub=https://hub.example.org"],
        ["https://git.example.org/course", "a.ipynb", "--hub=https://hub.example.org/{}"],
    ],
)
def test_a_link_with_it_is_refused_in_letters_that_steer_nothing(asked, odd, capsys):
    assert main(["links", *(part.replace("{}", ODD[odd]) for part in asked)]) == 2
    told = capsys.readouterr()
    assert (told.out, bool(told.err)) == ("", True)
    assert told.err.replace("\n", "").isprintable()


def test_what_a_notebook_is_called_reaches_no_terminal_as_a_command(tmp_path, capsys):
    cell = {"cell_type": "code", "source": "f(1", "execution_count": 1, "outputs": [], "metadata": {}}
    path = tmp_path / "\x1b]0;owned\x07\u202e\udce9.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    main(["check", str(path)])
    main(["check", str(tmp_path / "\x1b[31mnone.ipynb")])
    told = capsys.readouterr()
    assert r"\x1b]0;owned" in told.out
    assert r"\x1b[31mnone" in told.err
    assert (told.out + told.err).replace("\n", "").isprintable()


def test_what_a_notebook_holds_reaches_no_terminal_as_a_command(tmp_path, capsys):
    escape = "\x1b]0;owned\x07\x1b[31m\r\x9b2J"
    output = {"output_type": "error", "ename": escape, "evalue": "", "traceback": []}
    cell = {"cell_type": "code", "source": f"'{escape}'; f(", "execution_count": 1, "outputs": [output], "metadata": {}}
    path = tmp_path / "made.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    main(["check", str(path)])
    told = capsys.readouterr()
    assert "made.ipynb, code cell 1:" in told.out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", told.out + told.err)
    assert r"\x1b]0;owned" in told.out  # it is not left out
