"""What CI runs, in which order, and when it fails: the script itself, with a stand-in for make."""

import os
import re
import subprocess

import pytest

from tests.realcluster.layout import PROJECT

MAKE = '#!/bin/sh\necho "made $1"\n[ "$1" != "$FAILING" ]\n'


@pytest.fixture
def ci(tmp_path):
    """Run CI's script: its exit code and the lines it printed, seconds as N."""
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)

    def run(**settings):
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAILING": "", **settings}
        done = subprocess.run([PROJECT / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
        return done.returncode, re.sub(r"=\d+", "=N", done.stdout).splitlines()

    return run


def test_the_readmes_tests_come_first_then_those_on_real_kubernetes(ci):
    assert ci() == (0, ["made test", "made test-cluster", "CI, in seconds: test=N test-cluster=N"])


def test_a_machine_that_cannot_run_the_cluster_fails(ci):
    code, said = ci(FAILING="test-cluster")
    assert (code, said[-1]) == (1, "CI, in seconds: test=N test-cluster=N (failed)")


def test_a_machine_that_is_to_do_without_says_so_by_name(ci):
    code, said = ci(FAILING="test-cluster", CI_WITHOUT="test-cluster")
    assert (code, said[-1]) == (0, "CI, in seconds: test=N test-cluster left out: CI_WITHOUT")
    assert ci(FAILING="test-cluster", CI_WITHOUT="1")[0] == 1


def test_after_a_failure_nothing_more_is_run(ci):
    assert ci(FAILING="test") == (1, ["made test", "CI, in seconds: test=N (failed)"])
