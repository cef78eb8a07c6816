"""Whatever a name, a message or a source line holds, it leaves the package as text: no export has it as markup."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import chainviz as cv
from chainviz.cli import main
from chainviz.graph.letters import name_latex
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
