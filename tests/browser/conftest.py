"""Fixtures for tests in a real browser: a JupyterLab, a Chromium, pages whose errors fail the test."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from chainviz.cli import find_chromium

from .lab import CHROMIUM_ARGUMENTS, serve, watch

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
HOW_TO = (
    "No Chromium found. On Debian or Ubuntu: apt install chromium; elsewhere install Chrome, "
    "or set CHAINVIZ_CHROMIUM to its path."
)


def pytest_collection_modifyitems(items):
    """A JupyterLab on a busy machine may once be too slow: a test of this folder gets a second try, and says so."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium. Where there is none the test is reported as not run; in CI that is a failure."""
    path = find_chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """What JupyterLab shows: copies of our notebooks, with their outputs."""
    made = tmp_path_factory.mktemp("lab")
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, made)
    return made


@pytest.fixture(scope="session")
def light_lab(chromium, folder):
    with serve(folder) as url:
        yield url


@pytest.fixture(scope="session")
def dark_lab(chromium, folder):
    with serve(folder, theme="Dark") as url:
        yield url


@pytest.fixture
def page(chromium):
    """A fresh page, 1280 pixels wide; an error on it fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    opened = context.new_page()
    errors = watch(opened)
    yield opened
    context.close()
    assert errors == []
