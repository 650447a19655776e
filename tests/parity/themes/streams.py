"""What is said before a stream is open: which requests for exec, attach and logs are refused, by whom and how."""

from ..objects import PODS, container, named, pod
from ..steps import delete, get, only, patch, post, put, scenario, shows

SOCKET = {
    "Accept": "",  # a kubelet has plain text only, and tells those who accept JSON alone nothing else (406)
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
V4 = {**SOCKET, "Sec-WebSocket-Protocol": "v4.channel.k8s.io"}
V5 = {**SOCKET, "Sec-WebSocket-Protocol": "v5.channel.k8s.io"}
SPDY = {"Accept": "", "Connection": "Upgrade", "Upgrade": "SPDY/3.1", "Content-Length": "0"}
SPDY_4 = {**SPDY, "X-Stream-Protocol-Version": "v4.channel.k8s.io"}
RUN = {"command": "true", "stdout": "1"}
PHASE = only("status.phase")
RIGHTS = "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}"
GROUP = "rbac.authorization.k8s.io"


def at(name, stream="exec"):
    return f"{PODS}/{name}/{stream}"


def settled(name, phase):
    return get(f"{PODS}/{name}", until=shows("status.phase", phase), see=PHASE).quietly()


WAITS = pod("a", container("c", "sleep 600"), initContainers=[container("i")])
ENDED = pod("a")
TWO = pod("a", container("c", "sleep 600"), container("d", "sleep 600"))
NOWHERE = pod("a", nodeSelector={"kt.test/nowhere": "yes"})
TERMINAL = pod("a", container("c", "sleep 600", stdin=True, tty=True))


SCENARIOS = [
    scenario(
        "a stream needs a pod that exists, has the container, and is on a node",
        post(PODS, NOWHERE).quietly(),
        *(
            step
            for stream in ("exec", "attach")
            for step in (
                get(at("b", stream), query=RUN),
                get(at("b", stream), query=RUN, headers=V5),
                get(at("a", stream), query=RUN),
                get(at("a", stream), query=RUN, headers=V4),
                get(at("a", stream), query=RUN, headers=V5),
                get(at("a", stream), query={**RUN, "container": "zz"}, headers=V5),
                get(at("a", stream)),
                post(at("a", stream), None, query=RUN, headers=SPDY_4),
            )
        ),
    ),
    scenario(
        "which container is meant must be said when there are several",
        post(PODS, TWO).quietly(),
        get(at("a"), query=RUN, headers=V5),
        get(at("a", "attach"), query={"stdout": "1"}, headers=V5),
        get(at("a"), query={**RUN, "container": "e"}, headers=V5),
        post(at("a"), None, query=RUN, headers=SPDY_4),
    ),
    scenario(
        "a stream is an upgrade, by GET or POST, and a websocket by GET",
        post(PODS, WAITS).quietly(),
        settled("a", "Running"),
        *(
            step
            for stream in ("exec", "attach")
            for step in (
                get(at("a", stream), query=RUN),
                post(at("a", stream), None, query=RUN),
                put(at("a", stream), None, query=RUN),
                patch(at("a", stream), {}, query=RUN),
                delete(at("a", stream), query=RUN),
                get(at("a", stream), query=RUN, headers={"Upgrade": "websocket"}),
            )
        ),
        get(at("a"), query={**RUN, "container": "i"}),
    ),
    scenario(
        "the node refuses in plain text",
        post(PODS, WAITS).quietly(),
        settled("a", "Running"),
        get(at("a"), query={"command": "true"}, headers=V4),
        get(at("a"), query={"command": "true", "stderr": "1", "tty": "1"}, headers=V4),
        get(at("a", "attach"), headers=V4),
        get(at("a"), query={**RUN, "container": "i"}, headers=V4),
        get(at("a"), query={**RUN, "container": "i"}, headers=SOCKET),
        get(at("a"), query={**RUN, "container": "i"}, headers={**SOCKET, "Sec-WebSocket-Protocol": "zzz"}),
        get(at("a", "attach"), query={"stdout": "1", "container": "i"}, headers=V4),
        post(at("a"), None, query={**RUN, "container": "i"}, headers=SPDY_4),
    ),
    scenario(
        "a container that has ended has no streams",
        post(PODS, ENDED).quietly(),
        settled("a", "Succeeded"),
        get(at("a"), query=RUN),
        get(at("a"), query=RUN, headers=V4),
        get(at("a", "attach"), query={"stdout": "1"}, headers=V4),
        post(at("a"), None, query=RUN, headers=SPDY_4),
    ),
    scenario(
        "a terminal has no errors of its own to attach to",
        post(PODS, TERMINAL).quietly(),
        settled("a", "Running"),
        get(at("a", "attach"), query={"stdin": "1", "stdout": "1", "stderr": "1"}, headers=V4),
        get(at("a", "attach"), query={"stderr": "1", "tty": "1"}, headers=V4),
    ),
    scenario(
        "who may get may open a websocket, who may create may post",
        post(
            f"{RIGHTS}/roles", named("Role", "r", f"{GROUP}/v1", rules=[{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]}])
        ).quietly(),
        post(
            f"{RIGHTS}/rolebindings",
            named("RoleBinding", "r", f"{GROUP}/v1", roleRef={"apiGroup": GROUP, "kind": "Role", "name": "r"}, subjects=[{"apiGroup": GROUP, "kind": "User", "name": "ada"}]),
        ).quietly(),
        get(at("a"), query=RUN, headers=V5, until=lambda answer: answer.status == 404).as_user("ada"),
        post(at("a"), None, query=RUN, headers=SPDY_4).as_user("ada"),
        get(at("a", "attach"), query=RUN, headers=V5).as_user("ada"),
        post(at("a", "attach"), None, query=RUN).as_user("ada"),
    ),
    scenario(
        "a log is refused with the reason",
        post(PODS, TWO).quietly(),
        get(f"{PODS}/a/log"),
        get(f"{PODS}/a/log", query={"container": "zz"}),
        get(f"{PODS}/b/log"),
        settled("a", "Running"),
        get(f"{PODS}/a/log", query={"container": "c", "previous": "1"}),
        get(f"{PODS}/a/log", query={"container": "c", "tailLines": "-1"}),
        get(f"{PODS}/a/log", query={"container": "c", "sinceSeconds": "0"}),
        get(f"{PODS}/a/log", query={"container": "c", "limitBytes": "0"}),
        get(f"{PODS}/a/log", query={"container": "c", "tailLines": "x"}),
    ),
]  # fmt: skip
