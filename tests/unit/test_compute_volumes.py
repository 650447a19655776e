"""The volumes of a compute, checked among themselves before any request."""

import pytest

import kt_jupyter as kt
from kt_jupyter.compute.volumes import namespace_of, read_volumes


def volume(name, path="/data", namespace=None):
    return kt.Volume(name, size="1Gi", mount_path=path, namespace=namespace)


def test_a_volume_is_an_object_or_a_word():
    described, named, placed = read_volumes([volume("scratch", "/scratch"), "model-cache", "sets:/sets:ro"])
    assert (described.name, described.path, described.can_be_made) == ("scratch", "/scratch", True)
    assert (named.name, named.path, named.can_be_made) == ("model-cache", None, False)
    assert (placed.path, placed.read_only) == ("/sets", True)


def test_a_volume_known_by_name_cannot_be_made():
    (known,) = read_volumes([kt.Volume.from_name("sets", mount_path="/sets")])
    assert (known.path, known.can_be_made) == ("/sets", False)


@pytest.mark.parametrize("wrong", ["data", 7, None, [7], [None], ["Data_1"], [["data"]]])
def test_what_is_no_list_of_volumes_is_refused(wrong):
    with pytest.raises(kt.InvalidInput):
        read_volumes(wrong)


def test_a_volume_mounted_twice_is_refused():
    with pytest.raises(kt.InvalidInput, match='volume "data" is there twice: at /a and /b'):
        read_volumes(["data:/a", "data:/b"])


def test_two_volumes_at_one_path_are_refused():
    with pytest.raises(kt.InvalidMountPath, match='volumes "a" and "b" are both to be mounted at /data'):
        read_volumes([volume("a"), "b:/data/"])


def test_a_path_inside_another_is_no_conflict():
    assert len(read_volumes(["a:/data", "b:/data/sub"])) == 2


def test_the_namespace_is_that_of_its_volumes():
    assert namespace_of(read_volumes([volume("a", namespace="ml"), "b"]), None) == "ml"
    assert namespace_of(read_volumes(["b"]), None) is None
    assert namespace_of(read_volumes(["b"]), "ml") == "ml"


@pytest.mark.parametrize("asked", [None, "team-b"])
def test_different_namespaces_are_refused_before_anything_is_made(asked):
    volumes = [volume("a", namespace="ml"), volume("b", "/b", namespace="team-b")]
    with pytest.raises(kt.InvalidInput, match="A pod mounts only what its own namespace has"):
        namespace_of(read_volumes(volumes), asked)
