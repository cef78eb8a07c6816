"""The binder folder means what we think: repo2docker prints what it would build, without an engine."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


LINES = (BINDER / "requirements.txt").read_text().splitlines()
PINS = [Requirement(line) for line in LINES if not line.lstrip().startswith("#")]
VERSIONS = ("3.11.7", "3.12.12", "3.13.9", "3.14.0")


def wanted(extras=("classroom",), name="chainviz"):
    """What pyproject.toml asks for on Binder: the dependencies, and those of the extras."""
    for text in [*PROJECT["dependencies"], *(t for extra in extras for t in PROJECT["optional-dependencies"][extra])]:
        requirement = Requirement(text)
        if requirement.name == name:
            yield from wanted(tuple(requirement.extras))
        else:
            yield requirement


def pinned(python, **others):
    """The versions that pip installs with a Python on Linux."""
    machine = {"python_version": python.rpartition(".")[0], "python_full_version": python, "os_name": "posix",
               "sys_platform": "linux", "implementation_name": "cpython"}  # fmt: skip
    return {canonicalize_name(pin.name): pin for pin in PINS if not pin.marker or pin.marker.evaluate(machine | others)}


@pytest.mark.skipif(sys.platform == "win32", reason="repo2docker does not run on Windows")
def test_repo2docker_would_build_python_3_12_with_our_requirements_and_post_build(tmp_path):
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "Building conda environment for python=3.12" in printed
    assert re.search(r"pip install .*-r \"binder/requirements.txt\"", printed)
    assert "RUN ./binder/postBuild" in printed


@pytest.mark.parametrize("python", VERSIONS)
def test_the_pins_have_not_drifted_from_pyproject(python):
    """A dependency that is missing, or outside of its bounds, is pinned anew by binder/pin."""
    pins = pinned(python)
    for requirement in wanted():
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin, f"{requirement.name} is not pinned: run binder/pin"
        ((operator, version),) = ((pinned.operator, pinned.version) for pinned in pin.specifier)
        assert operator == "=="
        assert requirement.specifier.contains(version), f"{pin} is not {requirement}: run binder/pin"


def test_a_drift_is_seen(monkeypatch):
    monkeypatch.setitem(PROJECT, "dependencies", [*PROJECT["dependencies"], "numpy>=99"])
    with pytest.raises(AssertionError, match="is not numpy>=99: run binder/pin"):
        test_the_pins_have_not_drifted_from_pyproject("3.12.12")
    monkeypatch.setitem(PROJECT, "dependencies", ["no-such-package"])
    with pytest.raises(AssertionError, match="no-such-package is not pinned"):
        test_the_pins_have_not_drifted_from_pyproject("3.12.12")


def test_every_package_is_pinned_once_for_each_python():
    for python in VERSIONS:
        names = [pin.name for pin in PINS if pin in pinned(python).values()]
        assert len(names) == len(set(names)) == len(pinned(python))


def test_the_pins_are_made_by_the_script_that_is_there():
    assert LINES[1] == "#    binder/pin"
    assert os.name == "nt" or os.access(BINDER / "pin", os.X_OK)


def test_post_build_can_be_run_and_installs_nothing_but_us():
    script = BINDER / "postBuild"
    assert os.name == "nt" or os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert lines[1] == "set -e"
    assert lines[-1] == "pip install --no-cache-dir --no-deps ."


def test_python_is_the_one_the_pins_were_made_for():
    assert (BINDER / "runtime.txt").read_text() == "python-3.12\n"


def test_nothing_makes_binder_take_another_way():
    for name in ("environment.yml", "Dockerfile", "setup.py"):
        assert not (BINDER / name).exists()
        assert not (ROOT / name).exists()
