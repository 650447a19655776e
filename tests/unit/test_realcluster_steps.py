"""Building once, saying why something failed, and finding what a killed run has left."""

import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.realcluster import __main__ as commands
from tests.realcluster import control_groups, machine, registry, restarting, stamps
from tests.realcluster.cluster import FirstProcess, find
from tests.realcluster.control_groups import Hierarchy
from tests.realcluster.errors import CANNOT_RUN, CannotRunError, StepFailedError
from tests.realcluster.layout import Layout
from tests.realcluster.process import explanation

MOUNTS = """\
/dev/vda / ext4 rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
overlay /var/lib/images overlay rw 0 0
"""


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("I1124 fine\nE1124 03:55:05.0 run.go:72] no key\nI1124 bye\n", "E1124 03:55:05.0 run.go:72] no key"),
        ('time="x" level=fatal msg="no socket"\n', 'time="x" level=fatal msg="no socket"'),
        ('{"level":"fatal","msg":"no space"}\nclosing\n', '{"level":"fatal","msg":"no space"}'),
        ("Get:1 x\nE: Unable to locate package\n", "E: Unable to locate package"),
        ("one\nlast words\n\n", "last words"),
        ("", None),
    ],
    ids=["kubernetes", "containerd", "etcd", "apt", "nothing in particular", "silence"],
)
def test_the_line_that_explains_a_failure_is_found(tmp_path, log, reason):
    file = tmp_path / "log"
    file.write_text(log)
    assert explanation(file) == reason


def test_a_program_that_never_began_has_no_explanation(tmp_path):
    assert explanation(tmp_path / "none") is None


def test_a_thing_is_made_once(tmp_path):
    thing = tmp_path / "thing"
    with stamps.making(thing, "recipe"):
        thing.touch()
    assert stamps.is_made(thing, "recipe")
    assert not stamps.is_made(thing, "other recipe")


def test_what_was_interrupted_is_made_again(tmp_path):
    thing = tmp_path / "thing"
    thing.touch()
    making = stamps.making(thing, "recipe")
    making.__enter__()  # and no further
    assert not stamps.is_made(thing, "recipe")


def test_a_digest_sees_changed_files_and_names(tmp_path):
    (tmp_path / "a").write_text("1")
    before = stamps.digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({before, stamps.digest(tmp_path), stamps.digest("x"), stamps.digest("x", "")}) == 4


def test_control_groups_are_found_in_both_versions():
    memberships = "3:cpu,cpuacct:/\n1:name=systemd:/user\n0::/user\n"
    assert control_groups.hierarchies(MOUNTS, memberships) == [
        Hierarchy(Path("/sys/fs/cgroup/cpu,cpuacct"), "cgroup", "cpu,cpuacct"),
        Hierarchy(Path("/sys/fs/cgroup/systemd"), "cgroup", "none,name=systemd"),
        Hierarchy(Path("/sys/fs/cgroup/unified"), "cgroup2", "rw"),
    ]


def test_a_cache_on_overlayfs_is_recognized():
    assert machine.filesystem(Path("/var/lib/images/cache"), MOUNTS) == "overlay"
    assert machine.filesystem(Path("/root/.cache"), MOUNTS) == "ext4"


def test_a_cluster_of_which_only_the_note_is_left_is_not_found(tmp_path):
    layout = Layout(tmp_path)
    layout.run.mkdir()
    layout.first_process.write_text('{"pid": 1, "started": "0", "boot": "an earlier one"}')
    assert find(layout) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_is_known_by_more_than_its_number():
    me = FirstProcess.of(os.getpid())
    assert me is not None
    assert me == FirstProcess.of(os.getpid()) != FirstProcess(os.getpid(), "0", me.boot)


@pytest.mark.parametrize(
    ("path", "digest"),
    [
        ("/v2/library/alpine/manifests/latest?ns=docker.io", "sha256:aa"),
        ("/v2/library/alpine/manifests/latest", "sha256:aa"),
        ("/v2/library/alpine/manifests/3?ns=docker.io", None),
        ("/v2/library/alpine/manifests/latest?ns=quay.io", None),
        ("/v2/any/thing/blobs/sha256:bb", "sha256:bb"),
        ("/v2/", None),
    ],
)
def test_the_registry_knows_images_by_their_full_names(path, digest):
    assert registry.find(path, {"docker.io/library/alpine:latest": "sha256:aa"}) == digest


def test_a_machine_that_cannot_run_it_says_so_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert commands.main(["status"]) == CANNOT_RUN
    assert capsys.readouterr().err == "The test cluster needs Linux; this is darwin.\n"


def test_a_disk_that_is_too_small_is_noticed_before_it_is_full(tmp_path):
    machine.require_room(tmp_path, 0)
    with pytest.raises(CannotRunError, match="needs 1000000 GiB"):
        machine.require_room(tmp_path, 1_000_000)


def test_who_is_not_root_is_told(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CannotRunError, match="needs root"):
        machine.require_platform()


def test_a_program_is_asked_for_by_its_name_and_the_answer_is_waited_for(tmp_path):
    folder, asked = tmp_path / ("long" * 40), []
    folder.mkdir()
    server = tmp_path / "f"
    server.symlink_to(folder)
    with closing(restarting.Restarter(server, asked.append)):
        restarting.ask(folder, "apiserver")
    assert asked == ["apiserver"]


def test_a_program_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    def restart(name):
        raise LookupError(f"no program {name}; it has etcd")

    refused = pytest.raises(StepFailedError, match="no program scheduler; it has etcd")
    with closing(restarting.Restarter(tmp_path, restart)), refused:
        restarting.ask(tmp_path, "scheduler")


def test_a_cluster_that_is_gone_restarts_nothing(tmp_path):
    with pytest.raises(StepFailedError, match="starting apiserver again"):
        restarting.ask(tmp_path, "apiserver")
