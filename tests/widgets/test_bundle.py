"""The player's script and style are built from widgets/js, and are what the sources say."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

WIDGETS = Path(__file__).parents[2] / "chainviz" / "widgets"
SOURCES = WIDGETS / "js"
BUNDLE = ("player.js", "player.css")


def sources_hash():
    """What build.mjs computes as well: the names and texts of all sources, whatever their line ends."""
    chosen = sorted(path for path in SOURCES.iterdir() if path.suffix in {".js", ".mjs", ".css", ".json"})
    texts = (f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in chosen)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


@pytest.mark.parametrize("name", BUNDLE)
def test_the_bundle_is_built_from_the_sources_that_are_there(name):
    first, _, rest = (WIDGETS / name).read_text(encoding="utf-8").partition("\n")
    assert sources_hash() in first, f"{name} is older than its sources: cd chainviz/widgets/js; npm ci && npm run build"
    assert rest.strip()


@pytest.mark.parametrize("name", BUNDLE)
def test_the_bundle_can_stand_inside_any_page(name):
    text = (WIDGETS / name).read_bytes()
    assert text.isascii()
    assert b"</script" not in text
    assert b"</style" not in text
    assert b"sourceMappingURL" not in text


def test_every_stylesheet_is_part_of_the_bundle():
    imported = (SOURCES / "player.css").read_text(encoding="utf-8")
    others = {path.name for path in SOURCES.glob("*.css")} - {"player.css"}
    assert {name for name in others if f'"./{name}"' in imported} == others


@pytest.mark.skipif(not (SOURCES / "node_modules").exists() or not shutil.which("node"), reason="esbuild not installed")
def test_a_new_build_is_the_bundle_byte_for_byte(tmp_path):
    subprocess.run(["node", SOURCES / "build.mjs", tmp_path], check=True)
    for name in BUNDLE:
        assert (tmp_path / name).read_bytes() == (WIDGETS / name).read_bytes()
