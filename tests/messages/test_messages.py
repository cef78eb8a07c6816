"""Messages are English texts that can be told in another language; players have the language of their birth."""

import base64
import copy
import json
import pickle
import zlib

import numpy as np
import pytest

import chainviz as cv
from chainviz.messages import Message, table, translated
from chainviz.widgets.player import Player


@pytest.fixture
def german():
    cv.set_language("de")
    yield
    cv.set_language("en")


def test_a_message_is_its_english_text():
    told = Message("{0} bytes", "8,000")
    assert told == "8,000 bytes"
    assert hash(told) == hash("8,000 bytes")


def test_parts_are_translated_too_and_may_change_places():
    inner = Message("line {0} of {1}", 3, "f")
    told = Message("{0} in `{1}` ({2})", "relu", "{0} {}", inner)
    assert told == "relu in `{0} {}` (line 3 of f)"
    assert translated(told, "de") == "relu in `{0} {}` (Zeile 3 in f)"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_can_be_translated_as_well(again):
    assert translated(again(Message("{0} bytes", "{8}")), "de") == "{8} Byte"


def test_english_goes_out_as_it_is():
    told = {"facts": [("shape", Message("shape"))]}
    assert translated(told, "en") is told
    assert translated(told, "de") == {"facts": [["shape", "Form"]]}


def test_a_language_that_is_not_there_is_refused_by_those_that_are():
    with pytest.raises(cv.InputError, match=r"There is no language 'fr'\. The languages are 'en', 'de'\."):
        cv.set_language("fr")


def test_players_keep_the_language_in_which_they_were_made(german):
    player = cv.explore(lambda x: np.floor(x), x=(0.5, 2.0))
    cv.set_language("en")
    other = cv.explore(lambda x: np.floor(x), x=(0.5, 2.0))
    for each in (player, other):
        each.blame_of = 0
        each.values = {"x": 0.75}
    assert (player.language, other.language) == ("de", "en")
    assert "ist 0, denn floor in" in player.blame["sentence"]
    assert "is 0 because floor in" in other.blame["sentence"]
    assert (player.messages, other.messages) == (table("de")["script"], {})
    assert player.scene["nodes"][0]["operation"] == "Eingabe"


def test_a_player_cannot_change_its_language():
    player = Player(cv.trace(lambda x: x**2, x=1.0))
    with pytest.raises(Exception, match="language"):
        player.language = "de"


def test_python_and_errors_stay_english(german):
    assert cv.blame(lambda x: np.floor(x), x=1.5).sentence.startswith("dy/dx is 0 because floor in")
    explorer = cv.explore(lambda x: np.log(x), x=(-1.0, 2.0))
    explorer.values = {"x": -0.5}
    assert explorer.error.startswith("The function has no value here")
    assert repr(explorer).startswith("Explorer(x=")


def test_a_page_takes_its_language_along(german):
    text = cv.explore(lambda x: x**2, x=1.5).to_html()
    assert '<html lang="de">' in text
    assert "Die Schieberegler gehen" in text
    packed = text.split('id="data">')[1].split("<")[0]
    messages = json.loads(zlib.decompress(base64.b64decode(packed), wbits=-15))["traits"]["messages"]
    assert messages["Step back"] == "Schritt zurück"
