"""The built site in a browser, opened from disk with the network off: its players are live, and nothing sticks out."""

import re
from pathlib import Path

import pytest
from players import last_value

from chainviz.formatting import format_number

from .lab import picture
from .waiting import becomes

GALLERY = (Path(__file__).parents[2] / "docs" / "gallery.md").read_text(encoding="utf-8")
PLAYERS = re.findall(r"^```\{player\} (\S+)\n(?::[^\n]*\n)*\n(.*?)^```", GALLERY, re.MULTILINE | re.DOTALL)


@pytest.fixture
def opened(opens, site):
    """Opens a page of the site."""
    return lambda name, **options: opens(site / name, **{"width": 1280, "height": 1000, **options})


def player(page, name):
    """The player of that name on the page, once it is drawn."""
    frame = page.locator(f'iframe[src$="players/{name}.html"]')
    frame.scroll_into_view_if_needed()
    frame.content_frame.locator(".chainviz-picture").wait_for()
    return frame


def expected(explorer):
    """What the page shows for the inputs that are trained: the derivatives as Python finds them."""
    graph = explorer.graph
    return {graph.nodes[k].name: format_number(graph.nodes[k].adjoint) for k in graph.trained}


@pytest.mark.parametrize(("name", "code"), PLAYERS, ids=[name for name, _ in PLAYERS])
def test_a_player_of_the_gallery_is_live_and_right(opened, name, code):
    page = opened("gallery.html")
    inside = player(page, name).content_frame
    explorer = last_value(code, name)
    for share in (0.3, 0.8):
        slider = inside.locator(".chainviz-slider").first
        value = slider.evaluate(
            "(e, share) => { e.value = +e.min + share * (e.max - e.min);"
            "e.dispatchEvent(new Event('input', { bubbles: true })); return +e.value }",
            share,
        )
        explorer.values = {**explorer.values, slider.get_attribute("aria-label"): value}
        inside.locator(".chainviz").press("End")
        for of, derivative in expected(explorer).items():
            result = inside.locator(f'.chainviz-result[data-of="{of}"]')
            becomes(lambda result=result: result.inner_text().split("\n")[-1].strip(), derivative)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_frame_is_as_high_as_its_player_and_follows_the_theme(opened, theme):
    page = opened("index.html", color_scheme=theme)
    frame = player(page, "first")
    body = frame.content_frame.locator("body")
    becomes(lambda: abs(frame.bounding_box()["height"] - body.evaluate("b => b.offsetHeight")) <= 3, True)
    colour = frame.content_frame.locator(".chainviz").evaluate("e => getComputedStyle(e).backgroundColor")
    assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(30, 31, 34)"}[theme]
    picture(page, f"docs-index-{theme}")


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("index", 1280),
        ("gallery", 1280),
        ("gallery", 1170),
        ("gallery", 1020),
        ("tutorial", 1280),
        ("concepts/reverse-mode", 1280),
    ],
)
def test_in_a_window_of_1010_and_more_the_panel_is_beside_the_picture(opened, name, width):
    inside = player_of(opened(f"{name}.html", width=width))
    panel, shown = inside.locator(".chainviz-panel").first, inside.locator(".chainviz-picture").first
    becomes(lambda: panel.bounding_box()["x"] > shown.bounding_box()["x"] + 300, True)


def player_of(page):
    """The inside of the page's first player."""
    frame = page.locator("iframe.player").first
    frame.scroll_into_view_if_needed()
    return frame.content_frame


def test_where_the_player_takes_the_room_the_contents_are_behind_a_button(opened):
    page = opened("gallery.html", width=1100)
    contents = page.locator(".sidebar-drawer")
    assert contents.bounding_box()["x"] < 0
    page.locator(".mobile-header .nav-overlay-icon").click()
    becomes(lambda: contents.bounding_box()["x"], 0)


@pytest.mark.parametrize("width", [1280, 800, 480])
@pytest.mark.parametrize("name", ["index", "gallery", "cheatsheet", "glossary", "reference/graph", "howto/own-network"])
def test_no_page_is_wider_than_the_window(opened, name, width):
    page = opened(f"{name}.html", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"docs-{name.replace('/', '-')}-{width}")


def test_the_cheat_sheet_prints_on_two_pages_of_a4(opened):
    printed = opened("cheatsheet.html").pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    assert re.search(rb"/MediaBox\s*\[0 0 59\d\.\d+ 84\d\.\d+\]", printed)


def test_the_search_works_without_a_server(opened):
    page = opened("search.html", query="?q=checkpoint")
    becomes(lambda: page.locator("#search-results a", has_text="Memory").count() > 0, True)
