"""What pip installs: one version everywhere, types, and the JupyterLab part ready built."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kt_jupyter

ROOT = Path(__file__).parents[2]
MANIFEST = json.loads((ROOT / "package.json").read_text())
LABEXTENSION = f"kt_jupyter-{MANIFEST['version']}.data/data/share/jupyter/labextensions/kt_jupyter"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    directory = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", directory]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(directory.glob("*.whl"))) as built:
        yield built


def test_the_version_is_the_one_in_package_json(wheel):
    metadata = wheel.read(f"kt_jupyter-{MANIFEST['version']}.dist-info/METADATA").decode()
    assert f"\nVersion: {MANIFEST['version']}\n" in metadata
    assert kt_jupyter.__version__ == MANIFEST["version"]


def test_the_jupyterlab_part_knows_its_version():
    source = (ROOT / "labextension" / "src" / "version.ts").read_text()
    assert f"VERSION = '{MANIFEST['version']}'" in source


def test_the_wheel_enables_the_jupyter_servers_part(wheel):
    found = f"kt_jupyter-{MANIFEST['version']}.data/data/etc/jupyter/jupyter_server_config.d/kt_jupyter.json"
    assert json.loads(wheel.read(found))["ServerApp"]["jpserver_extensions"] == {"kt_jupyter": True}


def test_the_changelog_begins_with_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    heading = next(line for line in changelog.splitlines() if line.startswith("## "))
    assert heading.split()[1] == MANIFEST["version"]


def test_type_checkers_of_others_see_our_types(wheel):
    assert "kt_jupyter/py.typed" in wheel.namelist()


def test_the_labextension_comes_built(wheel):
    built = json.loads(wheel.read(f"{LABEXTENSION}/package.json"))
    assert f"{LABEXTENSION}/{built['jupyterlab']['_build']['load']}" in wheel.namelist()
    assert f"{LABEXTENSION}/install.json" in wheel.namelist()


def test_the_labextension_is_in_the_wheel_once(wheel):
    assert not [name for name in wheel.namelist() if name.startswith("kt_jupyter/labextension")]


@pytest.mark.parametrize("command", ["labextension list", "server extension list"])
def test_jupyter_finds_both_halves_of_an_editable_install(command):
    argv = [sys.executable, "-m", "jupyter", *command.split()]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=50, check=True)
    shown = re.sub(r"\x1b\[\d*m", "", done.stdout)
    assert re.search(rf"^\s*kt_jupyter v?{re.escape(MANIFEST['version'])} (enabled )?OK", shown, re.MULTILINE)


@pytest.mark.parametrize("name", ["yarn.lock", ".yarnrc.yml"])
def test_what_yarn_reads_names_no_host(name):
    """A lock file that names a registry works on one network only."""
    assert "://" not in (ROOT / name).read_text()
