"""Names, mount paths and access modes: what Kubernetes accepts, and what a person reads who wrote something else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kt_jupyter.errors import InvalidAccessMode, InvalidInput, InvalidMountPath, InvalidName
from kt_jupyter.specs.access_modes import AccessMode, access_mode, shorten
from kt_jupyter.specs.names import claim_name, label_value, namespace_name, storage_class_name, valid_spelling
from kt_jupyter.specs.paths import mount_path, notice

labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
subdomains = st.lists(labels, min_size=1, max_size=3).map(".".join)


def offered_instead(check, name):
    try:
        check(name)
    except InvalidName as error:
        return error.remedy.rstrip("?").split()[-1]
    return None


@given(subdomains)
def test_a_subdomain_names_a_volume_and_a_class(name):
    assert claim_name(name) == storage_class_name(name) == name


@given(labels)
def test_a_label_names_a_namespace(name):
    assert namespace_name(name) == name


@given(st.text(max_size=80))
@example("Data_1")
@example("a\n")
@example("a..b")
@example("-")
@example("a-.b")
def test_a_refused_name_comes_with_a_valid_one(name):
    for check in (claim_name, namespace_name):
        spelling = offered_instead(check, name)
        assert spelling is None or check(spelling)


@given(st.text(max_size=300), st.booleans())
def test_the_nearest_valid_spelling_is_valid(text, dots):
    spelling = valid_spelling(text, dots=dots)
    assert spelling is None or (claim_name if dots else namespace_name)(spelling)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Data_1", "data-1"),
        ("my data", "my-data"),
        ("café", "cafe"),
        ("数据", "my-data"),
        ("-a-", "a"),
        ("a.b_c", "a.b-c"),
    ],
)
def test_the_spelling_offered_is_near(name, nearest):
    with pytest.raises(InvalidName) as refusal:
        claim_name(name)
    assert refusal.value.remedy == f"Did you mean {nearest}?"


def test_a_namespace_has_no_dots():
    with pytest.raises(InvalidName, match=r"team\.a") as refusal:
        namespace_name("team.a")
    assert refusal.value.remedy == "Did you mean team-a?"


def test_a_volume_name_of_253_characters_is_the_longest():
    assert claim_name("x" * 253)
    with pytest.raises(InvalidName, match="254 characters, and 253 are allowed"):
        claim_name("x" * 254)


def test_a_namespace_of_63_characters_is_the_longest():
    assert namespace_name("x" * 63)
    with pytest.raises(InvalidName, match="64 characters, and 63 are allowed"):
        namespace_name("x" * 64)


@pytest.mark.parametrize("name", [None, 5, b"data", ["data"], ""])
def test_what_is_no_text_is_no_name(name):
    with pytest.raises(InvalidName):
        claim_name(name)


@given(subdomains)
def test_a_label_value_fits_and_says_the_name(name):
    value = label_value(name)
    assert len(value) <= 63
    assert value == name or value[:40] == name[:40]


def test_long_names_that_begin_alike_have_different_label_values():
    assert label_value("x" * 70) != label_value("x" * 71)


@pytest.mark.parametrize(
    ("given_path", "path"),
    [
        ("/data", "/data"),
        ("/mnt/models/", "/mnt/models"),
        ("//a///b", "/a/b"),
        ("/developer", "/developer"),
        ("/a b", "/a b"),
    ],
)
def test_an_absolute_path_is_a_mount_path(given_path, path):
    assert mount_path(given_path) == path


@pytest.mark.parametrize(
    ("wrong", "fact", "right"),
    [
        ("data", "must start with /", "/data"),
        ("~/data", "must start with /", "/data"),
        ("./data", "must start with /", "/data"),
        ("C:\\data", "must start with /", "/data"),
        ("/", "whole file system", "/data"),
        ("//", "whole file system", "/data"),
        ("/a/../b", r"\.\.", "/b"),
        ("/..", r"\.\.", "/data"),
        ("/proc", "/proc belongs", "/data"),
        ("/sys/fs", "/sys belongs", "/data"),
        ("/dev/shm", "/dev belongs", "/data"),
        ("/a\nb", "control character", "/ab"),
        ("/" + "a" * 5000, "longer than", "/data"),
        ("", "empty", "/data"),
        (None, "needed", "/data"),
        (5, "5", "/data"),
    ],
)
def test_a_wrong_mount_path_is_answered_with_a_right_one(wrong, fact, right):
    with pytest.raises(InvalidMountPath, match=fact) as refusal:
        mount_path(wrong)
    assert right in refusal.value.remedy
    assert mount_path(right)


@given(st.text(max_size=30))
def test_any_path_is_refused_or_becomes_absolute_and_stays(text):
    try:
        path = mount_path(text)
    except InvalidInput:
        return
    assert path.startswith("/")
    assert path != "/"
    assert mount_path(path) == path


def test_a_colon_in_a_mount_path_is_worth_a_notice():
    assert "/data:ro" in notice(mount_path("/data:ro"))
    assert notice("/data") is None


@pytest.mark.parametrize("mode", list(AccessMode), ids=lambda mode: mode.short)
def test_modes_are_read_long_and_short_in_any_case(mode):
    spellings = (mode, mode.value, mode.short, mode.short.lower(), mode.value.lower(), f" {mode.short} ")
    assert {access_mode(spelling) for spelling in spellings} == {mode}


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("RWM", "RWX"),
        ("RW", "RWO"),
        ("RO", "ROX"),
        ("ROM", "ROX"),
        ("ReadWriteMny", "RWX"),
        ("ReadWriteOncePd", "RWOP"),
    ],
)
def test_a_wrong_mode_is_answered_with_the_one_meant(wrong, meant):
    with pytest.raises(InvalidAccessMode) as refusal:
        access_mode(wrong)
    assert refusal.value.remedy.startswith(f"Did you mean {meant} ")


@pytest.mark.parametrize("wrong", ["everybody", "", None, ["ReadWriteOnce"], 5])
def test_what_is_like_no_mode_is_answered_with_all_four(wrong):
    with pytest.raises(InvalidAccessMode) as refusal:
        access_mode(wrong)
    assert all(mode.value in refusal.value.remedy for mode in AccessMode)


def test_modes_are_abbreviated_as_kubectl_does_and_unknown_ones_kept():
    assert shorten(["ReadWriteOnce", "ReadWriteMany", "ReadWriteTwice"]) == "RWO,RWX,ReadWriteTwice"
