"""The command line, run as users run it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from http.client import HTTPException

import pytest

from chainviz import cli

CHAINVIZ = [sys.executable, "-m", "chainviz.cli"]


def test_doctor_finds_this_environment_well():
    done = subprocess.run([*CHAINVIZ, "doctor"], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    assert "✓ the layout engine lays out a graph" in done.stdout
    assert "✓ JupyterLab extension anywidget" in done.stdout
    assert done.stdout.endswith("All is well.\n")


def test_doctor_says_what_to_do_about_a_missing_package(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_is_installed", lambda package: package != "jupyterlab")
    assert cli.doctor() == 1
    assert '✗ jupyterlab is not installed\n    Run: pip install -e ".[lab]"' in capsys.readouterr().out


def test_doctor_says_what_is_too_old(monkeypatch, capsys):
    monkeypatch.setattr(cli.importlib.metadata, "version", lambda package: "0.1" if package == "ipywidgets" else "99.0")
    assert cli.doctor() == 1
    assert "✗ ipywidgets 0.1, but 8.1 is needed" in capsys.readouterr().out


def test_a_missing_chromium_is_no_failure_but_said(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(cli, "_USUAL_PLACES", ())
    monkeypatch.delenv("CHAINVIZ_CHROMIUM", raising=False)
    assert cli.find_chromium() is None
    assert cli.doctor() == 0
    assert "– no Chromium found" in capsys.readouterr().out


def test_the_chosen_chromium_wins(monkeypatch, tmp_path):
    chosen = tmp_path / "my-chromium"
    chosen.touch()
    monkeypatch.setenv("CHAINVIZ_CHROMIUM", str(chosen))
    assert cli.find_chromium() == str(chosen)


def test_lab_without_jupyterlab_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_is_installed", lambda package: False)
    assert cli.open_lab(browser=False, port=1) == 1
    assert 'pip install -e ".[lab]"' in capsys.readouterr().err


def test_lab_opens_on_the_notebooks(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_TOKEN": "secret"}
    server = subprocess.Popen(
        [*CHAINVIZ, "lab", "--no-browser", f"--port={port}"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert "01-rates-that-multiply.ipynb" in answer(f"http://127.0.0.1:{port}/api/contents?token=secret")
    finally:
        stop(server)


def answer(url):
    until = time.monotonic() + 240
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=20) as response:
                return response.read().decode()
        except (OSError, HTTPException):
            time.sleep(0.25)
    pytest.fail("JupyterLab did not answer within four minutes.")


def stop(server):
    """End chainviz and the JupyterLab that it started."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(server.pid)], capture_output=True, check=False)
    else:
        os.killpg(server.pid, 15)
    server.wait(120)
