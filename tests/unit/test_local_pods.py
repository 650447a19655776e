"""Pods' status, images and environments: the pure half of the kubelet."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_jupyter.local.pods.container import mount_variables
from kt_jupyter.local.pods.environment import ConfigProblem, container_environment, expand, pod_field
from kt_jupyter.local.pods.images import ImageProblem, find_image
from kt_jupyter.local.pods.process import Mount
from kt_jupyter.local.pods.restore import containers
from kt_jupyter.local.pods.state import (
    ContainerState,
    PodFacts,
    Running,
    Terminated,
    Waiting,
    phase,
    pod_status,
    set_condition,
    should_restart,
)

TIME = "2026-01-01T00:00:00Z"
POD = {"metadata": {"name": "p", "namespace": "n", "generation": 1, "labels": {"a.b/c": "x"}}, "spec": {}}


def state(now, *, last=None, name="c", is_init=False):
    return ContainerState(name, "alpine", state=now, last=last, is_init=is_init)


def ended(code):
    return Terminated(code, "Completed" if code == 0 else "Error", TIME, TIME, "local://1")


@pytest.mark.parametrize(
    ("policy", "main", "expected"),
    [
        ("Never", [state(Waiting("ContainerCreating"))], "Pending"),
        ("Never", [state(Running(TIME))], "Running"),
        ("Never", [state(ended(0))], "Succeeded"),
        ("Never", [state(ended(1))], "Failed"),
        ("Never", [state(ended(0)), state(Running(TIME))], "Running"),
        ("Never", [state(ended(0)), state(ended(1))], "Failed"),
        ("OnFailure", [state(ended(1))], "Running"),
        ("OnFailure", [state(ended(0))], "Succeeded"),
        ("Always", [state(ended(0))], "Running"),
        ("Always", [state(Waiting("CrashLoopBackOff"), last=ended(1))], "Running"),
    ],
)
def test_the_phase_follows_from_the_containers_and_the_restart_policy(policy, main, expected):
    assert phase(policy, [], main) == expected


def test_a_failed_init_container_fails_the_pod_unless_it_is_tried_again():
    init, main = [state(ended(1), is_init=True)], [state(Waiting("PodInitializing"))]
    assert (phase("Never", init, main), phase("OnFailure", init, main)) == ("Failed", "Pending")


def test_a_pod_that_is_ending_is_over_once_nothing_runs():
    assert phase("Always", [], [state(ended(0))], ending=True) == "Succeeded"
    assert phase("Always", [], [state(ended(143))], ending=True) == "Failed"
    assert phase("Always", [], [state(Running(TIME))], ending=True) == "Running"


def test_the_status_of_a_running_pod():
    status = pod_status(POD, [], [state(Running(TIME))], PodFacts("10.0.0.1", "10.0.0.2", sandbox=True), TIME)
    assert status["phase"] == "Running"
    assert {one["type"]: one["status"] for one in status["conditions"]} == dict.fromkeys(
        ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"), "True"
    )
    assert (status["podIP"], status["hostIPs"], status["observedGeneration"]) == ("10.0.0.1", [{"ip": "10.0.0.2"}], 1)


def test_a_condition_keeps_its_time_as_long_as_its_status():
    first = set_condition([], {"type": "Ready", "status": "False"}, "then")
    same = set_condition(first, {"type": "Ready", "status": "False", "reason": "x"}, "now")
    other = set_condition(same, {"type": "Ready", "status": "True"}, "now")
    assert [one[0]["lastTransitionTime"] for one in (first, same, other)] == ["then", "then", "now"]


@pytest.mark.parametrize(
    ("policy", "zero", "one"), [("Always", True, True), ("OnFailure", False, True), ("Never", False, False)]
)
def test_restart_policies(policy, zero, one):
    assert (should_restart(policy, 0), should_restart(policy, 1)) == (zero, one)


def test_what_ran_when_the_server_ended_has_ended_too():
    recorded = [{"name": "c", "restartCount": 2, "state": {"running": {"startedAt": TIME}}, "lastState": {}}]
    pod = {"spec": {"containers": [{"name": "c", "image": "x"}]}, "status": {"containerStatuses": recorded}}
    _, (found,) = containers(pod)
    assert (found.state.exit_code, found.state.reason, found.restarts) == (137, "ContainerStatusUnknown", 2)


@pytest.mark.parametrize(
    "reference",
    ["alpine", "python:3.12-slim", "docker.io/library/busybox", "library/ubuntu:24.04", "debian@sha256:" + "0" * 64],
)
def test_general_purpose_images_are_stood_in_for(reference):
    assert find_image(reference).name.startswith("docker.io/library/")


@pytest.mark.parametrize(
    "reference", ["postgres:16", "quay.io/library/alpine", "me/python", "nvcr.io/nvidia/pytorch:24.01-py3"]
)
def test_other_images_cannot_be_pulled(reference):
    with pytest.raises(ImageProblem, match="the local cluster runs no images") as problem:
        find_image(reference)
    assert problem.value.reason == "ErrImagePull"


@pytest.mark.parametrize("reference", ["", "No", "a b", "alpine:", "alpine:-x", "-a", "a//b"])
def test_names_that_are_no_image_names_are_invalid(reference):
    with pytest.raises(ImageProblem) as problem:
        find_image(reference)
    assert problem.value.reason == "InvalidImageName"


def test_the_message_about_capitals_is_the_real_one():
    with pytest.raises(ImageProblem) as problem:
        find_image("UPPER!x")
    assert problem.value.message == (
        'Failed to apply default image tag "UPPER!x": couldn\'t parse image name "UPPER!x": invalid reference format: '
        "repository name (library/UPPER!x) must be lowercase"
    )


@given(st.text(alphabet="ab()$ ", max_size=20))
def test_expanding_without_variables_only_unescapes(text):
    assert expand(text.replace("$", "$$"), {}) == text


def test_later_variables_see_earlier_ones_only():
    container = {"env": [{"name": "A", "value": "$(B)"}, {"name": "B", "value": "1"}, {"name": "C", "value": "$(B)!"}]}
    assert container_environment(POD, container, nothing, {}) == {"A": "$(B)", "B": "1", "C": "1!"}


def test_secrets_are_decoded_and_prefixes_prepended():
    secret = {"kind": "Secret", "data": {"TOKEN": base64.b64encode(b"s3").decode()}}
    container = {"envFrom": [{"prefix": "MY_", "secretRef": {"name": "s"}}]}
    assert container_environment(POD, container, lambda *_: secret, {}) == {"MY_TOKEN": "s3"}


def test_what_is_missing_is_named_unless_it_is_optional():
    key = {"name": "cm", "key": "k"}
    container = {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": key}}]}
    with pytest.raises(ConfigProblem, match='configmap "cm" not found'):
        container_environment(POD, container, nothing, {})
    with pytest.raises(ConfigProblem, match="couldn't find key k in ConfigMap n/cm"):
        container_environment(POD, container, lambda *_: {"kind": "ConfigMap"}, {})
    optional = {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {**key, "optional": True}}}]}
    assert container_environment(POD, optional, nothing, {}) == {}


def test_limits_that_are_not_set_are_the_nodes():
    asked = {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}
    container = {"env": [{"name": "M", "valueFrom": asked}], "resources": {}}
    assert container_environment(POD, container, nothing, {"memory": "1Gi"}) == {"M": "1024"}


def test_labels_are_fields_of_the_pod():
    assert pod_field(POD, "metadata.labels['a.b/c']") == "x"
    assert pod_field(POD, "metadata.labels") == 'a.b/c="x"'


def test_without_mount_namespaces_variables_say_where_volumes_are():
    container = {"volumeMounts": [{"name": "my-data", "mountPath": "/data"}]}
    assert mount_variables(container, [Mount("/state/v", "/data")]) == {"KT_MOUNT_MY_DATA": "/state/v"}


def nothing(*_):
    return None
