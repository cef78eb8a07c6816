"""The player without a mouse, with a screen reader, with fingers, on paper, and in colours of the reader's own."""

import pytest

from .stand_in import put, show, trait
from .test_camera import chain, net
from .waiting import painted

FOCUSED = "document.activeElement.dataset.node ?? document.activeElement.dataset.edge ?? ''"


def test_the_graph_is_one_stop_of_the_tab_key_and_arrows_walk_along_its_edges(page):
    made = show(page, chain, x=1.5)
    ids = [node["id"] for node in made["nodes"]]
    assert page.locator('.chainviz-picture [tabindex="0"]').count() == 1
    page.locator(".chainviz").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED):
            break
    assert page.evaluate(FOCUSED) == ids[0]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUSED) == made["edges"][made["nodes"][0]["out"][0]]["id"]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUSED) == ids[1]
    assert trait(page, "step") == 0  # in the graph the arrows do not step
    page.keyboard.press("Enter")
    assert trait(page, "selected") == made["nodes"][1]["label"]
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == ""
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == ids[1]
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert trait(page, "step") == 1


def test_every_node_and_edge_of_a_fan_can_be_reached_by_arrows(page):
    made = show(page, lambda x, y: x * y + (x + y) * x, x=2.0, y=3.0)
    page.locator('.chainviz-picture [tabindex="0"]').focus()
    seen, kinds = set(), len(made["nodes"]) + len(made["edges"])
    for keys in (["ArrowDown"] * 9, ["ArrowUp"] * 9):
        for key in keys:
            here = page.evaluate(FOCUSED)
            seen.add(here)
            page.keyboard.press("ArrowRight")
            for _ in range(4):
                seen.add(page.evaluate(FOCUSED))
                page.keyboard.press("ArrowDown")
            page.evaluate("(id) => document.querySelector(`[data-node='${id}']`).focus()", here)
            page.keyboard.press(key)
    assert len(seen) == kinds


def test_a_screen_reader_hears_the_graph(page):
    made = show(page, chain, x=1.5)
    put(page, "step", len(made["steps"]) - 1)
    tree = page.locator(".chainviz-picture").aria_snapshot()
    assert tree.startswith('- tree "Computation graph, 5 nodes"')
    assert 'treeitem "z, add, value 4, dy/dz −7.661, from v₁, to a"' in tree
    assert 'treeitem "edge z to a, local derivative 8"' in tree
    put(page, "selected", "z")
    assert "[selected]" in page.locator(".chainviz-picture").aria_snapshot()
    assert "text:" not in tree.replace("- text: \n", "")  # a card is read by its label, not digit by digit


def test_the_help_page_lists_every_key(page):
    show(page, chain, x=1.5)
    page.locator(".chainviz").focus()
    page.keyboard.press("?")
    keys = set(page.locator(".chainviz-help kbd").all_inner_texts())
    assert {"space", "←", "→", "Home", "End", "?", "/", "+", "−", "0", "tab", "← ↑ ↓ →", "enter", "esc"} <= keys
    page.keyboard.press("Escape")
    assert not page.locator(".chainviz-help").is_visible()


def test_no_key_is_taken_from_the_page_or_from_a_field(page):
    show(page, chain, x=1.5)
    page.evaluate("document.body.insertAdjacentHTML('afterbegin', '<input id=other>')")
    page.locator("#other").fill("")
    page.keyboard.type("0+/ ")
    assert page.locator("#other").input_value() == "0+/ "
    page.locator(".chainviz").focus()
    page.keyboard.press("/")
    page.keyboard.type("0 -")
    assert page.locator(".chainviz-search input").input_value() == "0 -"
    assert trait(page, "playing") is False


def test_a_name_from_python_is_outlined_and_brought_into_sight(page):
    made = show(page, net, x=0.3, w=0.7)
    last = made["nodes"][-1]
    put(page, "selected", last["label"])
    box, stage = (page.locator(at).bounding_box() for at in (f'[data-node="{last["id"]}"]', ".chainviz-scroller"))
    assert stage["x"] <= box["x"] <= stage["x"] + stage["width"] - box["width"]
    assert page.locator('.chainviz-picture [aria-selected="true"]').get_attribute("data-node") == last["id"]
    put(page, "selected", "")
    assert page.locator('.chainviz-picture [aria-selected="true"]').count() == 0


@pytest.mark.parametrize("width", [320, 480, 559])
def test_what_a_finger_must_hit_is_44_pixels_in_a_narrow_widget_and_nothing_is_cut_off(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    show(page, net, x=0.3, w=0.7)
    sizes = page.locator(".chainviz :is(button, select, input):visible").evaluate_all(
        "all => all.map(e => [e.getAttribute('aria-label') ?? e.textContent, e.offsetWidth, e.offsetHeight])"
    )
    assert [size for size in sizes if min(size[1:]) < 44] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    root, transport = (page.locator(at).bounding_box() for at in (".chainviz", ".chainviz-transport"))
    assert transport["x"] + transport["width"] <= root["x"] + root["width"] + 1
    edges = page.locator(".chainviz-transport :is(button, select):visible").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().right)"
    )
    assert max(edges) <= root["x"] + root["width"]


def test_on_paper_the_whole_picture_shows_in_ink_and_no_controls(page):
    show(page, net, x=0.3, w=0.7)
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.emulate_media(media="print", color_scheme="dark")
    painted(page)
    assert not page.locator(".chainviz-transport").is_visible()
    assert not page.locator(".chainviz-map").is_visible()
    stage, drawn = (page.locator(at).bounding_box() for at in (".chainviz-scroller", ".chainviz-picture"))
    assert drawn["width"] <= stage["width"] + 1
    assert drawn["height"] <= stage["height"] + 1
    colour = "e => getComputedStyle(e).backgroundColor"
    assert page.locator(".chainviz").evaluate(colour) == "rgb(255, 255, 255)"


def test_in_forced_colours_the_current_card_and_ticks_still_stand_out(page):
    show(page, chain, x=1.5)
    page.emulate_media(forced_colors="active")
    painted(page)
    look = "e => [getComputedStyle(e).stroke, getComputedStyle(e.parentNode).backgroundColor]"
    halo, card = (page.locator(f".chainviz-now > .chainviz-{part}").evaluate(look)[0] for part in ("halo", "card"))
    ground = page.locator(".chainviz").evaluate("e => getComputedStyle(e).backgroundColor")
    assert len({halo, card, ground}) == 3
