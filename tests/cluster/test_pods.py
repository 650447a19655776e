"""Pods really run: what their status says, what they print, what they mount, and how they end."""

import pytest

from kt_jupyter.errors import NotFound, Rejected
from kt_jupyter.kube import PODS
from tests.cluster.workloads import CONFIG_MAPS, FILL, condition, container, phase, pod, terminated
from tests.waiting import eventually


def test_a_pod_that_ends_well_has_succeeded(workloads):
    found = workloads.run("ok", "echo hello")
    assert phase(found) == "Succeeded"
    assert terminated(found)["reason"] == "Completed"
    assert condition(found, "Ready")["reason"] == "PodCompleted"
    assert workloads.log("ok") == "hello\n"


def test_a_pod_that_fails_says_its_exit_code(workloads):
    found = workloads.run("bad", "exit 7")
    assert phase(found) == "Failed"
    assert (terminated(found)["exitCode"], terminated(found)["reason"]) == (7, "Error")


def test_a_process_killed_by_a_signal_ends_with_128_and_its_number(workloads):
    found = workloads.run("killed", "sh -c 'kill -9 $$$$'; exit $?")  # $$ is Kubernetes' way to write $
    assert terminated(found)["exitCode"] == 137


def test_last_words_become_the_termination_message(workloads):
    found = workloads.run("words", "echo out of ideas > /dev/termination-log; exit 1")
    assert terminated(found)["message"] == "out of ideas\n"


def test_a_command_that_does_not_exist_is_a_start_error(workloads):
    found = workloads.run("nocmd", container_extra={"command": ["nosuch"]})
    assert (terminated(found)["exitCode"], terminated(found)["reason"]) == (128, "StartError")
    assert 'exec: "nosuch": executable file not found in $PATH' in terminated(found)["message"]


def test_an_image_name_that_is_none_is_refused_by_the_node(workloads):
    workloads.make(PODS, pod("image", container_extra={"image": "No Image"}))
    waiting = workloads.until(PODS, "image", waiting_reason)
    assert waiting == "InvalidImageName"


def test_an_image_that_cannot_be_had_keeps_the_pod_pending(workloads):
    workloads.make(PODS, pod("image", container_extra={"image": "does-not-exist.invalid/x:1"}))
    assert workloads.until(PODS, "image", waiting_reason) in ("ErrImagePull", "ImagePullBackOff")
    assert phase(workloads.cluster.get(PODS, "image", namespace=workloads.namespace)) == "Pending"


def test_logs_of_a_pod_that_cannot_start_say_why(workloads):
    workloads.make(PODS, pod("image", container_extra={"image": "No Image"}))
    workloads.until(PODS, "image", waiting_reason)
    with pytest.raises(Rejected, match='container "c" in pod "image" is waiting to start: InvalidImageName'):
        workloads.log("image")


def test_init_containers_run_first_and_one_after_the_other(workloads):
    place = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    workloads.run(
        "init", "cat /v/order",
        initContainers=[container(f"echo {one} >> /v/order", name=one, **place) for one in ("first", "second")],
        volumes=[{"name": "v", "emptyDir": {}}],
        container_extra=place,
    )  # fmt: skip
    assert workloads.log("init") == "first\nsecond\n"


def test_an_init_container_that_fails_is_the_pods_end(workloads):
    found = workloads.run("init", "echo never", initContainers=[container("exit 4", name="i")])
    assert phase(found) == "Failed"
    assert terminated(found, "i")["exitCode"] == 4
    assert condition(found, "Initialized")["reason"] == "ContainersNotInitialized"


def test_variables_come_from_values_the_pod_and_config_maps(workloads):
    workloads.make(CONFIG_MAPS, {"metadata": {"name": "settings"}, "data": {"colour": "blue"}})
    variables = [
        {"name": "WHO", "value": "me"},
        {"name": "GREETING", "value": "I am $(WHO), not $$(WHO)"},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "colour"}}},
    ]
    workloads.run("env", 'echo "$GREETING; $POD; $COLOUR"', container_extra={"env": variables})
    assert workloads.log("env") == "I am me, not $(WHO); env; blue\n"


def test_a_missing_config_map_is_named_and_the_pod_starts_once_it_is_there(workloads):
    variable = {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "later", "key": "a"}}}
    workloads.make(PODS, pod("env", "echo $A", container_extra={"env": [variable]}))
    assert workloads.until(PODS, "env", waiting_reason) == "CreateContainerConfigError"
    assert workloads.event("env", "Failed") == 'Error: configmap "later" not found'
    workloads.make(CONFIG_MAPS, {"metadata": {"name": "later"}, "data": {"a": "here"}})
    workloads.ended("env")
    assert workloads.log("env") == "here\n"


def test_a_config_map_is_mounted_as_files(workloads):
    workloads.make(CONFIG_MAPS, {"metadata": {"name": "files"}, "data": {"one": "1", "two": "2"}})
    workloads.run(
        "files", "cat /etc/settings/two",
        volumes=[{"name": "v", "configMap": {"name": "files"}}],
        container_extra={"volumeMounts": [{"name": "v", "mountPath": "/etc/settings"}]},
    )  # fmt: skip
    assert workloads.log("files") == "2"


def test_a_read_only_mount_refuses_writing(workloads):
    found = workloads.run(
        "ro", "touch /v/file",
        volumes=[{"name": "v", "emptyDir": {}}],
        container_extra={"volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True}]},
    )  # fmt: skip
    assert phase(found) == "Failed"
    assert "Read-only file system" in workloads.log("ro")


def test_the_process_is_the_user_that_was_asked_for_on_a_host_of_the_pods_name(workloads):
    workloads.run("me", "id -u; id -g; hostname")
    assert workloads.log("me") == "1000\n1000\nme\n"


def test_a_pod_finds_its_own_name_in_its_hosts(workloads):
    workloads.run("me", 'grep -cw "$(hostname)" /etc/hosts')
    assert workloads.log("me") == "1\n"


def test_running_as_root_against_ones_own_word_is_refused(workloads):
    security = {"runAsNonRoot": True}
    workloads.make(PODS, pod("root", "id", securityContext=security))
    assert workloads.until(PODS, "root", waiting_reason) == "CreateContainerConfigError"


def test_a_crashing_container_is_restarted_at_once_then_ever_later(workloads):
    workloads.make(PODS, pod("crash", "exit 3", restartPolicy="Always"))
    found = workloads.until(PODS, "crash", lambda pod: pod if waiting_reason(pod) == "CrashLoopBackOff" else None)
    (status,) = found["status"]["containerStatuses"]
    assert status["restartCount"] >= 1
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert phase(found) == "Running"


def test_what_succeeded_is_not_restarted_on_failure(workloads):
    assert phase(workloads.run("once", "true", restartPolicy="OnFailure")) == "Succeeded"


def test_a_pod_past_its_deadline_is_ended_and_says_so(workloads):
    found = workloads.run("slow", "sleep 600", activeDeadlineSeconds=2)
    assert (phase(found), found["status"]["reason"]) == ("Failed", "DeadlineExceeded")
    assert found["status"]["message"] == "Pod was active on the node longer than the specified deadline"


def test_a_deleted_pod_is_asked_to_end_before_it_is_made_to(workloads):
    script = "trap 'echo bye > /dev/termination-log; exit 0' TERM; echo ready; while true; do sleep 0.1; done"
    manifest = pod("polite", script, terminationGracePeriodSeconds=30)
    workloads.make(PODS, {**manifest, "metadata": {"name": "polite", "finalizers": ["example.com/look"]}})
    workloads.running("polite")
    eventually(lambda: "ready" in workloads.log("polite"))
    workloads.cluster.delete(PODS, "polite", namespace=workloads.namespace)
    found = workloads.ended("polite")
    workloads.cluster.patch(PODS, "polite", {"metadata": {"finalizers": None}}, namespace=workloads.namespace)
    assert (terminated(found)["exitCode"], terminated(found)["message"]) == (0, "bye\n")
    workloads.gone(PODS, "polite")


def test_a_pod_that_will_not_end_is_killed_after_its_grace_period(workloads):
    workloads.make(PODS, pod("stubborn", "trap '' TERM; while true; do sleep 1; done"))
    workloads.running("stubborn")
    workloads.cluster.delete(PODS, "stubborn", namespace=workloads.namespace)
    workloads.gone(PODS, "stubborn")
    assert workloads.event("stubborn", "Killing") == "Stopping container c"


def test_a_pod_that_asks_for_more_than_any_node_has_stays_pending_and_says_why(workloads):
    workloads.make(PODS, pod("big", container_extra={"resources": {"requests": {"cpu": "5000"}}}))
    message = workloads.event("big", "FailedScheduling")
    assert "Insufficient cpu" in message
    assert "nodes are available" in message
    found = workloads.until(PODS, "big", scheduling_decided)
    assert condition(found, "PodScheduled")["reason"] == "Unschedulable"


def test_a_node_selector_that_no_node_matches_is_named(workloads):
    workloads.make(PODS, pod("picky", nodeSelector={"example.com/none": "here"}))
    assert "node(s) didn't match Pod's node affinity/selector" in workloads.event("picky", "FailedScheduling")


def test_a_pod_can_be_pinned_to_a_node_by_name(workloads):
    first = workloads.run("first", "true")["spec"]["nodeName"]
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [first]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    assert workloads.run("second", "true", affinity=affinity)["spec"]["nodeName"] == first


def test_a_container_that_uses_more_memory_than_its_limit_is_killed(workloads):
    limits = {"resources": {"limits": {"memory": "32Mi"}}}
    end = terminated(workloads.run("large", f"{FILL}; sleep 3600", container_extra=limits))
    assert (end["reason"], end["exitCode"]) == ("OOMKilled", 137)


def test_every_step_of_a_start_is_an_event(workloads):
    workloads.run("steps", "true")
    assert workloads.event("steps", "Scheduled").startswith(f"Successfully assigned {workloads.namespace}/steps to ")
    assert workloads.event("steps", "Pulled").startswith('Container image "alpine:latest" already present on machine')
    assert workloads.event("steps", "Created") == "Created container: c"
    assert workloads.event("steps", "Started") == "Started container c"


def test_the_logs_of_a_pod_that_does_not_exist_are_not_found(workloads):
    with pytest.raises(NotFound):
        workloads.log("nobody")


def scheduling_decided(pod):
    return pod if pod is not None and condition(pod, "PodScheduled") else None


def waiting_reason(pod):
    for status in ((pod or {}).get("status") or {}).get("containerStatuses") or []:
        reason = (status["state"].get("waiting") or {}).get("reason")
        if reason not in (None, "ContainerCreating", "PodInitializing"):
            return reason
    return None
