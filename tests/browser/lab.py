"""Drive a real JupyterLab in a real Chromium, as a person would."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
STARTS, START_LIMIT = 3, 120.0
"""How often JupyterLab is started until it answers, and the seconds that it has for it."""
IDLE = "() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
HAS_KERNEL = "() => !/No Kernel/.test(document.querySelector('.jp-Toolbar-kernelName')?.innerText ?? 'No Kernel')"
PROMPTS = "() => [...document.querySelectorAll('.jp-InputPrompt')].map(e => e.innerText)"
NOTHING_WAITING = f"() => !({PROMPTS})().some(text => text.includes('*'))"
# A number that stood there before is that of an earlier run.
SOMETHING_RAN = f"before => ({PROMPTS})().some((text, k) => /[0-9]/.test(text) && text !== before[k])"
SOMETHING_STARTED = f"before => !({NOTHING_WAITING})() || ({SOMETHING_RAN})(before)"
# What JupyterLab itself reports, whatever the notebook does.
NOT_OURS = re.compile(
    r"favicon|Could not send widget sync message|ResizeObserver loop|service-worker|Failed to load resource"
    r"|debugger state|Canceled future|Kernel connection|WebSocket|NetworkError|Failed to fetch"  # it connects anew
)


def notebook(cells: Sequence[str]) -> str:
    """A notebook of code cells, not run yet, as JSON."""
    made = [
        {"id": f"c{k}", "cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": None}
        for k, cell in enumerate(cells)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made})


@contextlib.contextmanager
def serve(
    folder: Path, theme: str = "Light", python: str = sys.executable, options: Sequence[str] = ()
) -> Iterator[str]:
    """A JupyterLab of a Python on the folder, on a free port, with settings of its own; yields its address."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        settings = {
            "apputils-extension/themes": {"theme": f"JupyterLab {theme}"},
            "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            "notebook-extension/tracker": {"windowingMode": "none"},  # else what is out of sight is not there
            "docmanager-extension/plugin": {"autosave": False},
        }
        for name, chosen in settings.items():
            path = Path(home, "settings", "@jupyterlab", f"{name}.jupyterlab-settings")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(chosen))
        log = Path(home, "log")
        for _ in range(STARTS):
            server, url = _started(folder, Path(home), log, [python, "-m", "jupyter", "lab", *options])
            try:
                if _answers(url, server):
                    yield url
                    return
            finally:
                _end(server)
        raise RuntimeError(f"JupyterLab did not start. Its log:\n{log.read_text()}")


def _started(folder: Path, home: Path, log: Path, lab: Sequence[str]) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }  # fmt: skip
    environment = os.environ | {name: str(home / place) for name, place in places.items()}
    command = [*lab, "--allow-root", "--no-browser", "--ip=127.0.0.1"]
    options = [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    with log.open("a") as told:
        server = subprocess.Popen(
            [*command, *options, f"--ServerApp.root_dir={folder}"], env=environment, stdout=told, stderr=told
        )
    return server, f"http://127.0.0.1:{port}"


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Whether it does, in time; where the port was taken meanwhile, or an extension failed, it ends at once."""
    until = time.monotonic() + START_LIMIT
    while server.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError, HTTPException), urllib.request.urlopen(url + "/api", timeout=10):
            return True
        time.sleep(0.25)
    return False


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(60)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def watch(page: Page) -> list[str]:
    """The page's errors, as they come."""
    errors: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not NOT_OURS.search(message.text):
            errors.append(message.text)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", heard)
    return errors


def open_notebook(page: Page, url: str, name: str) -> None:
    """Open a notebook and wait for its kernel: JupyterLab calls it idle before it is there, and may ask for one."""
    page.goto(f"{url}/lab/tree/{name}?reset", timeout=120_000)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    for _ in range(6):
        with contextlib.suppress(PlaywrightTimeout):
            page.wait_for_function(f"() => ({IDLE})() && ({HAS_KERNEL})()", timeout=20_000)
            return
        answer(page)
    raise RuntimeError("JupyterLab does not start a kernel.")


def start_all(page: Page) -> tuple[float, list[str]]:
    """Run all cells, and wait until one has begun; the moment of the click, and the prompts before it.

    Right after loading, JupyterLab sometimes ignores the click. A person would click again; but not where a busy page
    has only been late: cells that run twice lose their outputs, or show others in the middle of a test.
    """
    before = page.evaluate(PROMPTS)
    for _ in range(12):
        clicked = choose(page, "Run", "Run All Cells")
        with contextlib.suppress(PlaywrightTimeout):
            page.wait_for_function(SOMETHING_STARTED, arg=before, timeout=10_000)
            return clicked, before
        answer(page)
        page.keyboard.press("Escape")
        if page.evaluate(SOMETHING_STARTED, before):
            return clicked, before
    raise RuntimeError("JupyterLab does not run the cells.")


def run_all(page: Page) -> float:
    """Run all cells; the seconds from the click to the last answer.

    JupyterLab sometimes connects to the kernel anew and forgets what it has just asked of it; then no cell has a new
    number.
    """
    for _ in range(4):
        clicked, before = start_all(page)
        page.wait_for_function(NOTHING_WAITING, timeout=240_000)
        taken = time.perf_counter() - clicked
        page.wait_for_function(IDLE, timeout=240_000)  # cells that run twice have a number after once
        with contextlib.suppress(PlaywrightTimeout):
            page.wait_for_function(SOMETHING_RAN, arg=before, timeout=5000)
            return taken
    raise RuntimeError("JupyterLab forgets the cells that it runs.")


def start_cell(page: Page, number: int) -> None:
    """Run one cell, and wait until it has begun; its number counts from 0. As in `start_all` a click may be lost."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")
    before, until = prompt.inner_text(), time.monotonic() + 60
    while prompt.inner_text() == before and time.monotonic() < until:
        answer(page)
        cell.locator(".jp-InputArea-editor").click()
        page.keyboard.press("Control+Enter")
        with contextlib.suppress(PlaywrightTimeout):
            page.wait_for_function(
                "([number, before]) => document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')[number]"
                ".innerText !== before",
                arg=[number, before],
                timeout=5000,
            )


def run_cell(page: Page, number: int) -> None:
    """Run one cell, and wait for its end."""
    start_cell(page, number)
    page.wait_for_function(NOTHING_WAITING, timeout=240_000)


def restart_and_run_all(page: Page) -> None:
    """A new kernel, and all cells again."""
    before = page.evaluate(PROMPTS)
    choose(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_function(SOMETHING_RAN, arg=before, timeout=240_000)
    page.wait_for_function(NOTHING_WAITING, timeout=240_000)


def choose(page: Page, menu: str, item: str) -> float:
    """Choose from JupyterLab's menu bar; the moment of the click."""
    answer(page)
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_text(item, exact=True).click()
    return time.perf_counter()


def answer(page: Page) -> None:
    """Accept what JupyterLab asks unasked, such as which kernel to take; what it was is in the test's output."""
    dialogs = page.locator("dialog.jp-Dialog")
    while dialogs.count():  # they queue up
        dialog = dialogs.first.element_handle()
        print("JupyterLab asks:", dialog.inner_text())
        dialog.wait_for_selector(".jp-mod-accept").click()
        dialog.wait_for_element_state("hidden")


def picture(page: Page, name: str) -> None:
    """Keep a screenshot, to be looked at."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def save(page: Page) -> None:
    """Save the notebook, and wait until it is on the disk."""
    with page.expect_response(lambda response: response.request.method == "PUT" and "/contents/" in response.url):
        choose(page, "File", "Save Notebook")


def shut_down_kernel(page: Page) -> None:
    """End the notebook's kernel, as when its server is restarted."""
    choose(page, "Kernel", "Shut Down Kernel")
    page.wait_for_function("() => /No Kernel/.test(document.querySelector('.jp-Toolbar-kernelName')?.innerText)")
