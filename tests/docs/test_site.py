"""The built site: it loads nothing from elsewhere, its links lead somewhere, and it documents every public name."""

import inspect
import re
import zlib
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import chainviz as cv
import chainviz.testing

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}


class Page(HTMLParser):
    """The addresses that a page loads from, those it links to, and its anchors."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.links, self.anchors = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if given.get(LOADING.get(tag)):
            self.loads.append(given[LOADING[tag]])
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])


read = cache(Page)


def pages(site):
    return sorted(site.rglob("*.html"))


def test_no_page_loads_anything_from_elsewhere(site):
    for path in pages(site):
        assert [address for address in read(path).loads if urlsplit(address).scheme or address.startswith("//")] == []
    for path in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", path.read_text(encoding="utf-8")) == []


def test_a_script_names_no_file_elsewhere(site):
    asked = re.compile(r"""(?:import|fetch|importScripts|\.src\s*=)\s*\(?\s*["'`](?:https?:)?//""")
    assert [path for path in site.rglob("*.js") if asked.search(path.read_text(encoding="utf-8"))] == []


def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(site):
    broken = []
    for path in pages(site):
        for address in read(path).loads + read(path).links:
            parts = urlsplit(address)
            if parts.scheme in ("http", "https"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            is_there = target.is_file() and target.is_relative_to(site.resolve())
            if not is_there or (parts.fragment and unquote(parts.fragment) not in read(target).anchors):
                broken.append((path.name, address))
    assert broken == []


def test_every_public_name_has_a_docstring_and_is_on_the_site(site):
    entries = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    documented = {line.split()[0] for line in entries.splitlines() if " py:" in line}
    public = {f"chainviz.{name}": getattr(cv, name) for name in cv.__all__}
    for module in (cv.lessons, chainviz.testing):
        public |= {f"{module.__name__}.{name}": getattr(module, name) for name in module.__all__}
    assert public.keys() - documented == set()
    assert [name for name, what in public.items() if not inspect.getdoc(what)] == []


def test_formulas_are_mathml_and_no_latex_is_left(site):
    text = (site / "concepts" / "reverse-mode.html").read_text(encoding="utf-8")
    assert text.count("<math") > 5
    assert "\\frac" not in text
    assert not any("mathjax" in address.lower() for path in pages(site) for address in read(path).loads)


def test_every_player_of_a_page_is_a_page_of_its_own_too(site):
    framed = {name for path in pages(site) for name in read(path).loads if "players/" in name and name.endswith("html")}
    assert len([name for name in read(site / "gallery.html").loads if name in framed]) >= 8
    assert {name.split("/")[-1] for name in framed} == {path.name for path in (site / "players").iterdir()}
