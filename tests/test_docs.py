"""What the pages of docs/ say is true: their examples run, and they name what is there."""

import doctest
import re
from pathlib import Path

import pytest

import chainviz as cv

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page, monkeypatch):
    monkeypatch.chdir(DOCS.parent)
    failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 0
    assert failed == 0


def test_the_players_page_names_traits_and_methods_that_are_there_and_every_export():
    text = (DOCS / "player.md").read_text(encoding="utf-8")
    traits = re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)
    assert {"step", "playing", "values"} <= set(traits) <= set(cv.Player.class_trait_names(sync=True))
    assert set(re.findall(r"`(to_\w+)\(", text)) == {name for name in dir(cv.Player) if name.startswith("to_")}
