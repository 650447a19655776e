"""Rights: one person has exactly the Role that `%kt_cluster role` prints and does everything; another has nothing.

Whoever lacks a right is told the verb that is missing, for every operation, and the doctor says what the server would.
"""

import pytest
import yaml

import kt_jupyter as kt
from kt_jupyter.kube import CLAIMS, JOBS, PODS, ROLE_BINDINGS, ROLES, Resource, adopt
from kt_jupyter.notebook.cluster.doctor import Answer, diagnose
from kt_jupyter.notebook.cluster.features import CLUSTER_FEATURES, FEATURES
from kt_jupyter.volumes import State
from tests.cluster.computing import printed
from tests.cluster.workloads import IMAGE

QUIET = [].append
REVIEWS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
EVERY_FEATURE = (*FEATURES, *CLUSTER_FEATURES)
ALL_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
TO_OPEN = (
    {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list", "watch", "create", "delete"]},
    {"apiGroups": [""], "resources": ["pods/attach"], "verbs": ["get", "create"]},
)
TO_LOOK = {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list", "watch"]}


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


def may(person, verb, resource, subresource=None):
    """What the server itself says."""
    namespace = person.namespace if resource.namespaced else ""
    attributes = {"namespace": namespace, "verb": verb, "group": resource.group, "resource": resource.plural}
    attributes |= {"subresource": subresource} if subresource else {}
    return person.create(REVIEWS, {"spec": {"resourceAttributes": attributes}})["status"]["allowed"]


def test_with_the_printed_role_a_volume_lives_its_whole_life(ada):
    vol = kt.Volume("my-data", "1Gi", "/data", access_mode="RWO")
    assert vol.create(dry_run=True, notify=QUIET).metadata.name == "my-data"
    assert vol.create(notify=QUIET).metadata.name == "my-data"
    assert vol.wait(progress=QUIET).state is not State.PROBLEM
    assert vol.exists()
    assert vol.users() == []
    assert vol.delete(progress=QUIET).gone
    assert not vol.exists()


def test_with_the_printed_role_a_compute_runs_a_cell(ada, computes):
    volume = kt.Volume("scratch", "10Mi", "/scratch", access_mode="RWO")
    compute = computes.start(name="train", volumes=[volume])
    assert printed(compute, "print(6 * 7)") == "42\n"
    assert [row.name for row in kt.computes()] == ["train"]
    assert compute.stop().existed


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


def test_with_the_printed_role_a_terminal_is_opened_found_again_and_cleared_away(ada, theirs, shell, workloads):
    terminal = handle().ssh(IMAGE, progress=QUIET, timeout=45)
    assert handle().ssh(IMAGE, progress=QUIET).pod == terminal.pod
    with ada.attach(terminal.pod, stdin=True, tty=True) as stream:
        stream.write(b"exit\n")
        assert b"exit" in b"".join(data for _, data in stream)
    another = handle().ssh(IMAGE, progress=QUIET, timeout=45, new=True)
    assert "removed" in shell.shown(shell.run("%kt_volume gc --force"))
    workloads.gone(PODS, another.pod)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"pods/attach"}, r"a terminal needs `get` and `create` on `pods/attach` in namespace"),
        ({"jobs"}, r"this needs `create` on `jobs.batch`"),
        ({"pods"}, r"this needs `list` on `pods`"),
    ],
    ids=["attach", "jobs", "pods"],
)
def test_without_a_right_of_its_own_a_terminal_names_it_and_makes_nothing(theirs, as_user, workloads, missing, words):
    as_user(*(rule for rule in TO_OPEN if missing.isdisjoint(rule["resources"])))
    with pytest.raises(kt.Forbidden, match=words) as refusal:
        handle().ssh(IMAGE, progress=QUIET)
    assert "%kt_cluster role" in refusal.value.remedy
    assert workloads.cluster.list(JOBS, namespace=workloads.namespace) == []


def test_who_cannot_keep_a_terminal_is_told_that_it_ends(theirs, as_user, capsys):
    as_user(*TO_OPEN)
    assert handle().ssh(IMAGE, progress=QUIET, timeout=45).node
    told = "Without the right to `patch` `jobs.batch` the terminal ends after 30 min, in use or not."
    assert told in capsys.readouterr().err


def test_the_printed_role_ends_at_the_namespace(ada):
    with pytest.raises(kt.Forbidden, match="`list` on `persistentvolumeclaims`"):
        kt.volumes("default")


@pytest.mark.parametrize(
    ("operation", "right"),
    [
        (lambda _: kt.volumes(), "`list` on `persistentvolumeclaims`"),
        (lambda _: kt.volumes(all_namespaces=True), "`list` on `persistentvolumeclaims`"),
        (lambda _: kt.Volume.from_name("theirs").size, "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.exists(), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.status(), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.wait(progress=QUIET), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.users(), "`list` on `pods`"),
        (lambda vol: vol.create(notify=QUIET), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.create(dry_run=True, notify=QUIET), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.ensure(notify=QUIET), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.delete(progress=QUIET), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.ssh(progress=QUIET), "`get` on `persistentvolumeclaims`"),
        (lambda vol: vol.ssh(explain=True), "`get` on `persistentvolumeclaims`"),
    ],
    ids=[
        *("list", "list -A", "read", "exists", "status", "wait", "users", "create", "dry run", "ensure", "delete"),
        *("ssh", "explain"),
    ],
)
def test_without_rights_each_operation_names_the_missing_verb(theirs, nobody, operation, right):
    with pytest.raises(kt.Forbidden, match=right) as refusal:
        operation(handle())
    assert "%kt_cluster role" in refusal.value.remedy


@pytest.mark.parametrize(
    ("operation", "verb"),
    [
        (lambda: kt.Volume("new", "1Gi", "/data", access_mode="RWO").create(notify=QUIET), "create"),
        (lambda: handle().delete(progress=QUIET), "delete"),
    ],
    ids=["create", "delete"],
)
def test_whoever_may_only_look_is_told_what_changing_needs(theirs, as_user, operation, verb):
    as_user(TO_LOOK)
    with pytest.raises(kt.Forbidden, match=f"`{verb}` on `persistentvolumeclaims`"):
        operation()


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("list", "list"),
        ("list -A", "list"),
        ("show theirs", "get"),
        ("create new --size 1Gi --mount /data --mode RWO", "get"),
        ("delete theirs --yes", "get"),
        ("ssh theirs --mount /data", "get"),
    ],
)
def test_without_rights_each_magic_names_the_missing_verb(theirs, nobody, shell, line, verb):
    with pytest.raises(kt.Forbidden, match=f"`{verb}` on `persistentvolumeclaims`"):
        shell.run(f"%kt_volume {line}")


def test_without_rights_clearing_away_names_the_missing_verb(nobody, shell):
    with pytest.raises(kt.Forbidden, match=r"`list` on `jobs\.batch`"):
        shell.run("%kt_volume gc")


def test_without_rights_one_still_learns_where_one_is_and_what_to_ask_for(nobody, shell):
    shell.run("%kt_cluster")
    assert "persistentvolumeclaims" in shell.run("%kt_cluster role --user nobody")


@pytest.mark.parametrize("who", ["ada", "nobody"])
@pytest.mark.parametrize("feature", EVERY_FEATURE, ids=lambda feature: feature.what)
def test_the_doctor_says_what_the_server_says_verb_by_verb(who, feature, request):
    person, need = request.getfixturevalue(who), feature.need
    (check,) = [check for check in diagnose(person).checks if check.what == feature.what]
    refused = tuple(verb for verb in need.verbs if not may(person, verb, need.resource, need.subresource))
    assert need.missing(person.rights()) == refused
    assert (check.answer is Answer.YES) == (not refused)
    assert all(verb in check.detail for verb in refused)


@pytest.mark.parametrize(("who", "answer"), [("ada", "yes"), ("nobody", "no")])
def test_the_doctor_answers_for_whoever_asks(who, answer, request, shell):
    request.getfixturevalue(who)
    checks = {check.what: check.answer.value for check in shell.run("%kt_cluster doctor").checks}
    assert {checks[feature.what] for feature in FEATURES} == {answer}


@pytest.mark.parametrize("who", ["ada", "nobody"])
def test_the_printed_role_grants_what_it_says_and_nothing_else(who, request):
    person = request.getfixturevalue(who)
    needs = [feature.need for feature in FEATURES]
    granted = {(verb, need.qualified) for need in needs for verb in need.verbs}
    allowed = {
        (verb, need.qualified)
        for need in {need.qualified: need for need in needs}.values()
        for verb in ALL_VERBS
        if may(person, verb, need.resource, need.subresource)
    }
    assert allowed == (granted if who == "ada" else set())
