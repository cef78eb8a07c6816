"""What the pages of docs/ say is true: their code runs as it stands, and they name what is there."""

import contextlib
import io
import linecache
import re
import tomllib
from doctest import NORMALIZE_WHITESPACE, DocTestParser, OutputChecker
from pathlib import Path

import numpy as np
import pytest
from players import last_value

import chainviz as cv
from chainviz import cli
from chainviz.autodiff.variable import PRIMITIVES

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
BLOCK = re.compile(r"^```(\S+?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = [page.relative_to(ROOT / "docs").as_posix() for page in PAGES]


def blocks(page):
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def run(code, mode, space):
    """Run code as a notebook runs a cell, so that its source can be found; give what it prints."""
    filename = f"<page {len(linecache.cache)}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, filename, mode), space)
    return printed.getvalue()


@pytest.fixture
def own_table():
    """What a page adds to the table of primitives is taken out again."""
    before = dict(PRIMITIVES)
    yield
    PRIMITIVES.clear()
    PRIMITIVES.update(before)


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_code_of_a_page_runs_from_top_to_bottom_and_gives_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {"__name__": "__main__"}
    for language, code in blocks(page):
        if language == "python":
            run(code, "exec", space)
        elif language == "pycon":
            for example in DocTestParser().get_examples(code):
                found = run(example.source, "single", space)
                same = OutputChecker().check_output(example.want, found, NORMALIZE_WHITESPACE)
                assert same, f"{example.source}gives\n{found}instead of\n{example.want}"
        elif language == "html":
            assert all((tmp_path / file).exists() for file in re.findall(r'src="([^"]+)"', code))


KNOWN = {"python", "pycon", "html", "bash", "{player}", "{rules}", "{toctree}", "{eval-rst}", "{glossary}"}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_has_no_block_that_nothing_runs(page):
    opened = re.findall(r"^```(\S+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(opened) <= KNOWN


def shell(page):
    """The lines of a page that are typed in a terminal."""
    return [line for kind, code in blocks(page) if kind == "bash" for line in code.splitlines()]


def test_commands_name_programs_extras_and_files_that_are_there():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    commands = [line for page in PAGES for line in shell(page)]
    assert len(commands) > 3
    for command in commands:
        assert command.split()[0] in {"pip", "python", "chainviz", "pytest", "cd"}
        assert set(re.findall(r'"\.\[(\w+)\]"', command)) <= set(extras)
        assert all((ROOT / path).exists() for path in re.findall(r"(?:=|cd |\s)((?:[a-z]+/)+[\w.-]+)", command))
        for module in re.findall(r"python -m ([\w.]+)", command):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists()


def test_every_subcommand_of_chainviz_that_is_named_is_there_with_its_options(capsys):
    pages = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    inline = [code for page in pages for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))]
    typed = [line for page in pages for line in shell(page)]
    named = [line for line in [*inline, *typed] if re.search(r"(^|&& )chainviz [a-z]", line)]
    assert len(named) > 5
    for line in named:
        subcommand, given = re.search(r"chainviz ([a-z]+)(.*)", line).groups()
        with pytest.raises(SystemExit) as end:
            cli.main([subcommand, "--help"])
        assert end.value.code == 0, line
        assert set(re.findall(r"--[\w-]+", given)) <= set(re.findall(r"--[\w-]+", capsys.readouterr().out)), line


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "howto").glob("*.md")), ids=lambda page: page.stem)
def test_a_how_to_begins_with_code_that_can_be_pasted(page):
    title, start = page.read_text(encoding="utf-8").split("\n\n", 1)
    assert title.startswith("# ")
    assert re.match("```(python\nimport|bash\npython) ", start)


def test_the_players_page_names_traits_and_methods_that_are_there_and_every_export():
    text = (ROOT / "docs" / "player.md").read_text(encoding="utf-8")
    traits = re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)
    assert {"step", "playing", "values"} <= set(traits) <= set(cv.Player.class_trait_names(sync=True))
    assert set(re.findall(r"`(to_\w+)\(", text)) == {name for name in dir(cv.Player) if name.startswith("to_")}


def test_the_page_on_lessons_names_every_lab():
    text = (ROOT / "docs" / "howto" / "lecture.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `cv\.lessons\.(\w+)", text, re.MULTILINE)) == set(cv.lessons.__all__)


CLAIMS = {
    "paths": ({"t": np.pi / 6}, {"t": 0.2165}), "neuron": ({}, {"w": 0.1437}), "newton": ({}, {"x": 0.0, "a": 0.25}),
    "dead-unit": ({}, {"w": 0.0, "x": 0.0, "b": 0.0}), "reparameterization": ({}, {"mu": -0.2, "sigma": 0.06}),
    "attention": ({}, {"q1": 0.4692, "q2": -0.4692}),
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_the_gallerys_numbers_are_those_of_its_players(name):
    gallery = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    code = re.search(rf"^```\{{player\}} {name}\n(?::[^\n]*\n)*(.*?)^```", gallery, re.MULTILINE | re.DOTALL)[1]
    moved, claimed = CLAIMS[name]
    explorer = last_value(code, name)
    explorer.values = {**explorer.values, **moved}
    graph = explorer.graph
    for of, derivative in claimed.items():
        assert np.isclose(graph.nodes[graph.input(of)].adjoint, derivative, rtol=5e-4, atol=1e-12)
