"""Fixtures for tests in a real browser: a JupyterLab, a Chromium, pages whose errors fail the test."""

import os
import re
from functools import partial
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect, sync_playwright

from chainviz.cli import find_chromium

from .lab import CHROMIUM_ARGUMENTS, serve, watch
from .waiting import LIMIT, painted

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
HOW_TO = (
    "No Chromium found. On Debian or Ubuntu: apt install chromium; elsewhere install Chrome, "
    "or set CHAINVIZ_CHROMIUM to its path."
)

expect.set_options(timeout=1000 * LIMIT)


def pytest_collection_modifyitems(items):
    """A test of this folder gets a second and a third try, on a fresh page, and says so; a slow machine gets time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=2))
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def launch():
    """Starts a Chromium. Where there is none the test is reported as not run; in CI that is a failure."""
    path = find_chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO)
    with sync_playwright() as playwright:
        yield partial(
            playwright.chromium.launch, executable_path=path, headless=True, args=CHROMIUM_ARGUMENTS, timeout=120_000
        )


@pytest.fixture(scope="session")
def running(launch):
    """The Chromiums that were started; the last one is in use."""
    browsers = [launch()]
    yield browsers
    for browser in browsers:
        browser.close()


@pytest.fixture
def chromium(launch, running):
    """A running Chromium: another one where the last has crashed."""
    if not running[-1].is_connected():
        running.append(launch())
    return running[-1]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """What JupyterLab shows: copies of our notebooks, with their outputs; a cell that has a number was run here."""
    made = tmp_path_factory.mktemp("lab")
    for path in NOTEBOOKS.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.execution_count = None
        nbformat.write(notebook, made / path.name)
    return made


@pytest.fixture(scope="session")
def light_lab(running, folder):
    with serve(folder) as url:
        yield url


@pytest.fixture(scope="session")
def dark_lab(running, folder):
    with serve(folder, theme="Dark") as url:
        yield url


@pytest.fixture
def page(chromium):
    """A fresh page, 1280 pixels wide; an error on it fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(1000 * LIMIT)
    opened = context.new_page()
    errors = watch(opened)
    yield opened
    seen = list(errors)  # those of the page, not of its end
    context.close()
    assert seen == []


@pytest.fixture
def opens(chromium):
    """Opens a file in a page of its own, without a network: an error on it, or a request for another place, fails."""
    contexts, errors = [], []

    def open_file(path, query="", *, width=1200, height=900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        context.set_default_timeout(1000 * LIMIT)
        contexts.append(context)
        page = context.new_page()
        errors.append(watch(page))
        page.on("request", lambda r: errors.append([r.url]) if not re.match("file:|blob:|data:", r.url) else None)
        page.goto(path.as_uri() + query)
        painted(page)
        return page

    yield open_file
    seen = [list(each) for each in errors]  # those of the pages, not of their end
    for context in contexts:
        context.close()
    assert not any(seen)


@pytest.fixture
def opened(opens, tmp_path):
    """Opens the page that a player is exported to, as `opens` does."""

    def open_page(player, **options):
        player.to_html(tmp_path / "page.html")
        page = opens(tmp_path / "page.html", **options)
        page.locator(".chainviz-picture").wait_for()
        painted(page)
        return page

    return open_page
