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


@pytest.fixture(scope="module")
def pins():
    lines = [line for line in (BINDER / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


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


@pytest.mark.parametrize("requirement", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lab"]])
def test_every_requirement_is_pinned_to_a_version_that_satisfies_it(requirement, pins):
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)])


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
