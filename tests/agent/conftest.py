"""Agents on every Python that this machine has."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.agent.driver import Agent

MINORS = range(8, 15)


@cache
def interpreter(minor):
    """Return a Python 3.minor of this machine, and why there is none."""
    names = [sys.executable] if sys.version_info[1] == minor else []
    found = shutil.which(f"python3.{minor}")
    names += [found] if found else []
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    names += [str(each / "bin" / "python") for each in sorted(pyenv.glob(f"versions/3.{minor}.*"))]
    for name in names:
        try:
            told = subprocess.check_output([name, "-c", "import sys; print(sys.version_info[1])"], timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue
        if int(told) == minor:
            return name, ""
    return None, f"this machine has no Python 3.{minor}"


# Looked up before any test has another HOME.
_INTERPRETERS = {minor: interpreter(minor) for minor in MINORS}


@pytest.fixture(scope="session", params=MINORS, ids=[f"3.{minor}" for minor in MINORS])
def python(request):
    """Every Python that an agent must run on."""
    found, why = _INTERPRETERS[request.param]
    return found or pytest.skip(why)


@pytest.fixture(scope="session")
def everywhere(python, tmp_path_factory):
    """An agent on each of them; tests share it."""
    with Agent(python, tmp_path_factory.mktemp("agent") / "a", idle=None) as agent:
        yield agent


@pytest.fixture
def client(everywhere):
    """A connection to that agent."""
    with everywhere.client() as made:
        yield made


@pytest.fixture
def start(tmp_path):
    """Start an agent of a test's own, on the Python that runs the tests."""
    made = []

    def start(**options):
        agent = Agent(sys.executable, tmp_path / f"a{len(made)}", **{"idle": None, **options})
        made.append(agent)
        return agent

    yield start
    for agent in made:
        agent.__exit__()


@pytest.fixture
def agent(start):
    """An agent of a test's own."""
    return start()


@pytest.fixture
def mine(agent):
    """A connection to it."""
    with agent.client() as made:
        yield made
