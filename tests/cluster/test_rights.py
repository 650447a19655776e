"""Rights: one person has exactly the Role that `%kt_cluster role` prints and does everything; another has nothing.

Whoever lacks a right is told the verb that is missing, for every operation, and the doctor says what the server would.
"""

import pytest
import yaml

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, EVENTS, PODS, RESOURCE_QUOTAS, ROLE_BINDINGS, ROLES, Resource, adopt
from kt_jupyter.notebook.cluster.doctor import Answer, diagnose

QUIET = [].append
REVIEWS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
CHECKED = {
    "see volumes": [("get", CLAIMS), ("list", CLAIMS), ("watch", CLAIMS)],
    "make volumes": [("create", CLAIMS)],
    "delete volumes": [("delete", CLAIMS)],
    "see who uses a volume": [("get", PODS), ("list", PODS), ("watch", PODS)],
    "remove finished pods that hold a volume": [("delete", PODS)],
    "see why a volume waits": [("list", EVENTS)],
    "see quotas": [("list", RESOURCE_QUOTAS)],
}


@pytest.fixture
def ada(shell, cluster, namespace):
    """Somebody with the printed Role and nothing else, for whom kt now works."""
    manifests = list(yaml.safe_load_all(shell.run("%kt_cluster role --user ada")))
    for manifest in manifests:
        cluster.create(ROLES if manifest["kind"] == "Role" else ROLE_BINDINGS, manifest, namespace=namespace)
    person = cluster.with_namespace(namespace).impersonating("ada")
    # A server hears of new roles from a watch of its own and tells nobody when; the test's time limit ends this.
    while not person.rights().allows("list", CLAIMS):
        pass
    return adopt(person)


@pytest.fixture
def nobody(cluster, namespace):
    """Somebody without any right, for whom kt now works."""
    return adopt(cluster.with_namespace(namespace).impersonating("nobody"))


def handle():
    """A volume as whoever kt now works for sees it."""
    return kt.Volume("theirs", "1Gi", "/data", access_mode="RWO")


@pytest.fixture
def theirs(namespace):
    """A volume that an administrator has made."""
    handle().ensure()


def may(person, verb, resource):
    """What the server itself says."""
    attributes = {"namespace": person.namespace, "verb": verb, "group": resource.group, "resource": resource.plural}
    return person.create(REVIEWS, {"spec": {"resourceAttributes": attributes}})["status"]["allowed"]


def test_with_the_printed_role_a_volume_lives_its_whole_life(ada):
    vol = kt.Volume("my-data", "1Gi", "/data", access_mode="RWO")
    assert vol.create(notify=QUIET).metadata.name == "my-data"
    assert vol.exists()
    assert vol.users() == []
    assert vol.delete(progress=QUIET).gone
    assert not vol.exists()


def test_with_the_printed_role_everything_about_a_volume_is_known(theirs, ada):
    found = kt.Volume.from_name("theirs")
    assert (found.size, found.access_mode, found.mount_path) == ("1Gi", "ReadWriteOnce", "/data")
    assert found.config()["name"] == "theirs"
    assert found.status().used_by == ()
    listed = kt.volumes()
    assert [(row.name, row.used_by) for row in listed] == [("theirs", ())]
    assert listed.without == ()


def test_with_the_printed_role_a_volume_that_a_finished_pod_holds_is_deleted(ada, pods):
    vol = kt.Volume("my-data", "1Gi", "/data", access_mode="RWO")
    vol.create(notify=QUIET)
    pods.finished("done", "my-data")
    assert vol.delete(force=True, progress=QUIET).gone


def test_with_the_printed_role_the_magics_do_everything(ada, shell):
    shell.run("%kt_volume create my-data --size 1Gi --mount /data --mode RWO")
    assert shell.run("%kt_volume show my-data").name == "my-data"
    assert [row.name for row in shell.run("%kt_volume list")] == ["my-data"]
    shell.run("%kt_volume delete my-data --yes")
    assert list(kt.volumes()) == []


def test_the_printed_role_ends_at_the_namespace(ada):
    with pytest.raises(kt.Forbidden, match="`list` on `persistentvolumeclaims`"):
        kt.volumes("default")


@pytest.mark.parametrize(
    ("operation", "verb"),
    [
        (lambda _: kt.volumes(), "list"),
        (lambda _: kt.volumes(all_namespaces=True), "list"),
        (lambda _: kt.Volume.from_name("theirs").size, "get"),
        (lambda vol: vol.exists(), "get"),
        (lambda vol: vol.status(), "get"),
        (lambda vol: vol.wait(progress=QUIET), "get"),
        (lambda vol: vol.create(notify=QUIET), "create|get"),
        (lambda vol: vol.create(dry_run=True, notify=QUIET), "create|get"),
        (lambda vol: vol.delete(progress=QUIET), "get|delete"),
    ],
    ids=["volumes", "volumes everywhere", "from_name", "exists", "status", "wait", "create", "dry run", "delete"],
)
def test_without_rights_each_operation_names_the_missing_verb(theirs, nobody, operation, verb):
    with pytest.raises(kt.Forbidden, match=f"`({verb})` on `persistentvolumeclaims`") as refusal:
        operation(handle())
    assert "%kt_cluster role" in refusal.value.remedy


def test_without_the_right_to_see_pods_their_users_are_a_missing_right(theirs, nobody):
    with pytest.raises(kt.Forbidden, match="`list` on `pods`"):
        handle().users()


@pytest.mark.parametrize(
    "line",
    ["list", "show theirs", "create new --size 1Gi --mount /data --mode RWO", "delete theirs --yes"],
)
def test_without_rights_each_magic_names_the_missing_verb(theirs, nobody, shell, line):
    with pytest.raises(kt.Forbidden, match=r"`(get|list|create|delete)` on `persistentvolumeclaims`"):
        shell.run(f"%kt_volume {line}")


@pytest.mark.parametrize("who", ["ada", "nobody"])
def test_the_doctor_says_what_the_server_says(who, request):
    person = request.getfixturevalue(who)
    found = {check.what: check.answer is Answer.YES for check in diagnose(person).checks if check.what in CHECKED}
    assert found == {what: all(may(person, *right) for right in rights) for what, rights in CHECKED.items()}


@pytest.mark.parametrize(("who", "answer"), [("ada", "yes"), ("nobody", "no")])
def test_the_doctor_answers_for_whoever_asks(who, answer, request, shell):
    request.getfixturevalue(who)
    checks = {check.what: check.answer.value for check in shell.run("%kt_cluster doctor").checks}
    assert {checks[what] for what in CHECKED} == {answer}
