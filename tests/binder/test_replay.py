"""Binder, replayed: its environment built from binder/ as it does, JupyterLab started in it, the first notebook run.

What cannot be replayed without its images: Ubuntu, and the conda environment below the pins.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from chainviz.cli import find_chromium
from tests.browser.lab import CHROMIUM_ARGUMENTS, open_notebook, picture, run_all, serve, watch
from tests.browser.waiting import becomes

ROOT = Path(__file__).parents[2]
PIP = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
pytestmark = [pytest.mark.binder, pytest.mark.timeout(900)]


def version(python):
    """The version of an interpreter; "" if it does not run, as a shim of pyenv's."""
    asked = [python, "-c", "import platform; print(platform.python_version())"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def binders_python():
    """The Python that runtime.txt names, if this machine has it, else the one that runs; the pins hold for both."""
    name = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    installed = [sys.executable, shutil.which(f"python{name}")]
    installed += sorted(Path("~/.pyenv/versions").expanduser().glob(f"{name}.*/bin/python"))
    found = [python for python in map(str, filter(None, installed)) if version(python).startswith(f"{name}.")]
    return found[0] if found else sys.executable


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """What Binder clones: the files that git knows, and no others."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    clone = tmp_path_factory.mktemp("clone")
    for name in filter(None, files.split("\0")):
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    return clone


@pytest.fixture(scope="module")
def built(repository, tmp_path_factory, told):
    """The environment: its folder, and the variables that choose it."""
    began, python = time.monotonic(), binders_python()
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([python, "-m", "venv", environment], check=True)
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    chosen = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | PIP | {"PATH": path}
    for command in (["pip", "install", "--quiet", "-r", "binder/requirements.txt"], ["./binder/postBuild"]):
        done = subprocess.run(command, cwd=repository, env=chosen, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    wanted = (repository / "binder" / "runtime.txt").read_text().strip()
    told.append(f"built with Python {version(python)} ({wanted} is asked for) in {time.monotonic() - began:.0f} s")
    return environment, chosen


def test_what_was_installed_fits_together_and_is_what_the_clone_holds(built, repository):
    _, chosen = built
    done = subprocess.run(["pip", "check"], env=chosen, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    code = "import chainviz; print(chainviz.__file__)"
    run = subprocess.run(["python", "-c", code], cwd="/", env=chosen, capture_output=True, text=True, check=True)
    assert "site-packages" in run.stdout  # not the clone, nor what is installed for the tests


@pytest.mark.flaky(reruns=2)  # as every test in a browser
def test_the_first_notebook_works_in_its_jupyterlab(built, repository, monkeypatch, told):
    environment, chosen = built
    for name in ("PYTHONPATH", "PATH"):
        monkeypatch.setenv(name, chosen[name]) if name in chosen else monkeypatch.delenv(name, raising=False)
    unrun(repository / "notebooks" / "00-start-here.ipynb")
    chromium = find_chromium()
    assert chromium, "No Chromium found: see chainviz doctor."
    began = time.monotonic()
    with serve(repository, python=str(environment / "bin" / "python")) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS, timeout=120_000)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        errors = watch(page)
        open_notebook(page, url, "notebooks/00-start-here.ipynb")
        run_all(page)
        explorer = page.locator(".chainviz").first
        explorer.locator("[data-node]").first.wait_for()
        field = explorer.locator('.chainviz-field[aria-label="x"]')
        field.fill("2")
        field.press("Enter")
        explorer.focus()
        page.keyboard.press("End")
        derivative = explorer.locator('.chainviz-result[data-of="x"]')
        becomes(lambda: derivative.inner_text().split()[-1], "20")  # 2 * 2 * (2 * 2 + 1)
        picture(page, "binder")
        seen = list(errors)
        browser.close()
    assert seen == []
    told.append(f"00-start-here run in its JupyterLab in {time.monotonic() - began:.0f} s")


def unrun(path):
    """A cell that has a number was then run here."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    nbformat.write(notebook, path)
