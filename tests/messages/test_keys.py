"""The tables of languages have the texts of the sources: no more, no fewer, with the same holes."""

import ast
import json
import re
from pathlib import Path

import pytest

import chainviz
from chainviz.messages import languages

PACKAGE = Path(chainviz.__file__).parent
SCRIPT = PACKAGE / "widgets" / "js"
STRING = r'"(?:[^"\\]|\\.)*"'
ALONE = r"(?<![\w$])(?<!\w\.)"  # no part of a longer name, nor a method; spread is fine
CALL = re.compile(rf"{ALONE}(?:t|mark)\(\s*({STRING}(?:\s*\+\s*{STRING})*)")
TABLES = [code for code in languages() if code != "en"]


def python_keys():
    """The first argument of every `Message(...)`, which has to be written there, or no test could see it."""
    keys = set()
    for path in PACKAGE.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Name) and call.func.id == "Message":
                assert isinstance(call.args[0], ast.Constant), f"{path.name}:{call.lineno} is no literal text"
                keys.add(call.args[0].value)
    return keys


def template_key(text, start):
    """The key of the template that begins at `start`, after its back quote: {0}, {1}, ... in the holes."""
    key, holes, at = "", 0, start
    while text[at] != "`":
        if text.startswith("${", at):
            key, holes, at = key + f"{{{holes}}}", holes + 1, end_of_hole(text, at + 2)
        else:
            key, at = key + text[at], at + 1
    return key.encode("ascii").decode("unicode_escape")


def end_of_hole(text, at):
    """Where a hole ends, after its brace; it may have braces, strings and templates of its own."""
    depth = 1
    while depth:
        if text[at] == '"':
            at = re.compile(STRING).match(text, at).end() - 1
        elif text[at] == "`":
            raise AssertionError(f"a template in a hole: {text[at - 60 : at + 60]}")
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at


def script_keys():
    keys = set()
    for path in SCRIPT.glob("*.js"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        for call in CALL.finditer(text):
            keys.add("".join(json.loads(part) for part in re.findall(STRING, call[1])))
        keys |= {template_key(text, found.end()) for found in re.finditer(f"{ALONE}say`", text)}
    return keys


def table(code):
    return json.loads((PACKAGE / "messages" / f"{code}.json").read_text("utf-8"))


@pytest.mark.parametrize("code", TABLES)
@pytest.mark.parametrize(("part", "keys"), [("script", script_keys), ("python", python_keys)])
def test_a_table_has_the_texts_of_the_sources_and_no_others(code, part, keys):
    texts, wanted = set(table(code)[part]), keys()
    assert sorted(wanted - texts) == [], "to be translated"
    assert sorted(texts - wanted) == [], "no longer in the sources"


@pytest.mark.parametrize("code", TABLES)
@pytest.mark.parametrize("part", ["script", "python"])
def test_a_translation_has_the_holes_of_its_text_and_joins_its_neighbours_as_it_does(code, part):
    for text, told in table(code)[part].items():
        assert sorted(re.findall(r"\{\d\}", told)) == sorted(re.findall(r"\{\d\}", text)), text
        assert told.strip(), text
        assert (told[0] in " ,;:") == (text[0] in " ,;:"), text
        assert told[-1].isspace() == text[-1].isspace(), text


def test_the_sources_have_many_texts():
    """The scanners have not gone blind."""
    assert {"Step back", "{0} of {1}", "{0} forward, {1} backward"} <= script_keys() | python_keys()
    assert "The value of {0} is {1}, and its tangent is {2}." in script_keys()
    assert len(script_keys()) > 150
    assert len(python_keys()) > 50
