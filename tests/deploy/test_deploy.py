"""The files of deploy/, as far as they can be checked without an engine and without a cluster."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLASSROOM = (ROOT / "docs" / "howto" / "classroom.md").read_text(encoding="utf-8")


def steps():
    """The instructions of the Dockerfile, each with what it is given."""
    text = "\n".join(
        line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")
    )
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            instruction, _, given = line.strip().partition(" ")
            yield instruction, shlex.split(given)


STEPS = list(steps())


def megabytes(size):
    return float(re.fullmatch(r"(\d+)M", size)[1])


def measured(row):
    """A figure of docs/howto/classroom.md, in MB."""
    return float(re.search(rf"^\| {re.escape(row)} \| (\d+) \|", CLASSROOM, re.MULTILINE)[1])


def test_the_image_is_made_of_steps_that_docker_knows():
    assert {instruction for instruction, _ in STEPS} == {"FROM", "COPY", "RUN"}
    assert STEPS[0][0] == "FROM"
    assert [instruction for instruction, _ in STEPS].count("FROM") == 1


def test_the_base_is_pinned_to_a_day():
    assert re.fullmatch(r"quay\.io/jupyter/minimal-notebook:20\d\d-\d\d-\d\d", STEPS[0][1][0])


def test_what_is_copied_is_there():
    for source in sources():
        assert (ROOT / source).exists(), source


def sources():
    """The files and folders of the clone that go into the image."""
    for instruction, given in STEPS:
        if instruction == "COPY":
            paths = [path for path in given if not path.startswith("--")]
            assert len(paths) == 2 or paths[-1].endswith("/"), "several files need a folder to go to"
            yield from paths[:-1]


def test_the_package_can_be_built_from_what_is_copied():
    """What pyproject.toml names for the wheel, and reads."""
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    needed = {"pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], *wheel}
    assert needed <= set(sources())


def test_packages_are_those_that_binder_has_and_nothing_else():
    installs = [given for instruction, given in STEPS if instruction == "RUN"]
    pips = [given[: given.index("&&")] for given in installs]
    assert pips == [
        ["pip", "install", "--no-cache-dir", "-r", "/tmp/chainviz/requirements.txt"],
        ["pip", "install", "--no-cache-dir", "--no-deps", "/tmp/chainviz"],
    ]
    assert all("fix-permissions ${CONDA_DIR}" in " ".join(given) for given in installs)
    copied = {given[-1]: given[-2] for instruction, given in STEPS if instruction == "COPY"}
    assert copied["/tmp/chainviz/requirements.txt"] == "binder/requirements.txt"


def test_what_a_clone_grows_stays_out_of_the_image():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert {".git", "**/node_modules", "**/__pycache__"} <= set(ignored)


@pytest.fixture
def hub():
    return yaml.safe_load((DEPLOY / "jupyterhub.yaml").read_text())


@pytest.fixture
def littlest():
    return yaml.safe_load((DEPLOY / "littlest-jupyterhub.yaml").read_text())


def test_the_hub_starts_the_image_of_this_version_on_the_first_notebook(hub):
    student = hub["singleuser"]
    assert set(hub) == {"singleuser", "cull", "prePuller"}
    assert student["image"]["tag"] == PROJECT["project"]["version"]
    assert (ROOT / student["defaultUrl"].removeprefix("/lab/tree/")).exists()
    (_, _, command) = student["lifecycleHooks"]["postStart"]["exec"]["command"]
    copied = [given for instruction, given in STEPS if instruction == "COPY"][-1]
    assert copied == ["notebooks", "/opt/chainviz/notebooks"]
    assert copied[1] in command


def test_what_is_guaranteed_holds_jupyterlab_and_a_notebook_and_the_limit_four(hub, littlest):
    server, kernel = measured("JupyterLab itself, RSS"), measured("a student's kernel after 06, RSS, largest")
    memory = hub["singleuser"]["memory"]
    assert megabytes(memory["guarantee"]) >= server + kernel
    assert megabytes(memory["limit"]) == megabytes(littlest["limits"]["memory"]) >= server + 4 * kernel


def test_idle_kernels_and_servers_are_let_go(hub, littlest):
    kernels = hub["singleuser"]["extraFiles"]["culling"]["data"]["MappingKernelManager"]
    assert 0 < kernels["cull_idle_timeout"] < hub["cull"]["timeout"]
    assert kernels["cull_connected"] is True
    assert hub["cull"]["enabled"] is littlest["services"]["cull"]["enabled"] is True
