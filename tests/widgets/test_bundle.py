"""The player's script, with its style, is built from widgets/js, and is what the sources say."""

import base64
import hashlib
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

WIDGETS = Path(__file__).parents[2] / "chainviz" / "widgets"
SOURCES = WIDGETS / "js"
BUNDLE = WIDGETS / "player.js"


def sources_hash():
    """What build.mjs computes as well: the names and texts of all sources, whatever their line ends."""
    chosen = sorted(path for path in SOURCES.iterdir() if path.suffix in {".js", ".mjs", ".css", ".json"})
    texts = (f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in chosen)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def test_the_bundle_is_built_from_the_sources_that_are_there():
    first, _, rest = BUNDLE.read_text(encoding="utf-8").partition("\n")
    assert sources_hash() in first, "it is older than its sources: cd chainviz/widgets/js; npm ci && npm run build"
    assert rest.strip()


def test_the_bundle_can_stand_inside_any_page():
    text = BUNDLE.read_bytes()
    assert text.isascii()
    assert b"</script" not in text
    assert b"</style" not in text
    assert b"sourceMappingURL" not in text


def test_every_stylesheet_is_part_of_the_bundle():
    imported = (SOURCES / "player.css").read_text(encoding="utf-8")
    others = {path.name for path in SOURCES.glob("*.css")} - {"player.css"}
    assert {name for name in others if f'"./{name}"' in imported} == others


def unpacked(path):
    """The script in the loader that is shipped. Its compressed bytes may differ with the version of zlib."""
    packed = re.search('atob\\("(.*?)"\\)', path.read_text(encoding="utf-8"))[1]
    return zlib.decompress(base64.b64decode(packed), wbits=-15).decode("ascii")


def test_the_packed_script_has_no_source_map():
    assert "sourceMappingURL" not in unpacked(BUNDLE)


@pytest.mark.skipif(not (SOURCES / "node_modules").exists() or not shutil.which("node"), reason="esbuild not installed")
def test_a_new_build_is_the_bundle(tmp_path):
    subprocess.run(["node", SOURCES / "build.mjs", tmp_path], check=True)
    assert unpacked(tmp_path / "player.js") == unpacked(BUNDLE)
