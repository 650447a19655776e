"""Pod Security: what restricted and baseline refuse and warn of, in the server's words."""

from ..objects import JOBS, NS, PODS, container, job, pod
from ..steps import only, patch, post, scenario

LEVEL = "pod-security.kubernetes.io/"
DRY = {"dryRun": "All"}
TIGHT = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
POD_TIGHT = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}


def tight(name, security=None, pod_security=None, **spec):
    return pod(
        name,
        container(securityContext={**TIGHT, **(security or {})}),
        securityContext={**POD_TIGHT, **(pod_security or {})},
        **spec,
    )


def tried(body, path=PODS, **options):
    return post(path, body, query=DRY, see=only("metadata.name"), **options)


SCENARIOS = [
    scenario(
        "restricted",
        tried(pod("a")),
        post(PODS, pod("a")),
        tried(tight("a")),
        tried(pod("a", container(), container("d"), initContainers=[container("i")])),
        tried(pod("a", container(securityContext=TIGHT))),
        tried(pod("a", securityContext=POD_TIGHT)),
        tried(tight("a", pod_security={"runAsUser": 0})),
        tried(tight("a", {"runAsUser": 0})),
        tried(tight("a", {"runAsNonRoot": False})),
        tried(tight("a", {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}})),
        tried(tight("a", {"capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]}})),
        tried(tight("a", {"capabilities": {"drop": ["NET_RAW"]}})),
        tried(tight("a", {"seccompProfile": {"type": "Unconfined"}})),
        tried(tight("a", {"allowPrivilegeEscalation": True})),
        tried(tight("a", volumes=[{"name": "h", "hostPath": {"path": "/tmp"}}])),
        tried(
            tight(
                "a",
                volumes=[
                    {"name": "e", "emptyDir": {}},
                    {"name": "p", "persistentVolumeClaim": {"claimName": "x"}},
                    {"name": "s", "secret": {"secretName": "x"}},
                ],
            )
        ),
        tried(tight("a", volumes=[{"name": "n", "nfs": {"server": "x", "path": "/"}}])),
        tried(tight("a", hostNetwork=True, hostPID=True)),
        post(JOBS, job("j"), query=DRY, see=only("metadata.name")),
        labels={LEVEL + "enforce": "restricted"},
    ),
    scenario(
        "baseline",
        tried(pod("a")),
        tried(pod("a", container(securityContext={"privileged": True}))),
        tried(pod("a", container(securityContext={"capabilities": {"add": ["SYS_PTRACE", "CHOWN"]}}))),
        tried(pod("a", volumes=[{"name": "h", "hostPath": {"path": "/tmp"}}])),
        tried(pod("a", hostNetwork=True)),
        tried(pod("a", hostPID=True, hostIPC=True)),
        tried(pod("a", container(ports=[{"containerPort": 80, "hostPort": 80}]))),
        tried(pod("a", securityContext={"seccompProfile": {"type": "Unconfined"}})),
        tried(pod("a", container(securityContext={"procMount": "Unmasked"}))),
        tried(pod("a", securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]})),
        tried(pod("a", securityContext={"seLinuxOptions": {"type": "spc_t", "user": "x"}})),
        labels={LEVEL + "enforce": "baseline"},
    ),
    scenario(
        "warnings are headers",
        tried(pod("a")),
        tried(tight("a")),
        tried(job("j"), JOBS),
        patch(NS, {"metadata": {"labels": {LEVEL + "warn": "baseline"}}}, see=only("kind")),
        # Levels are read from a cache, which hears of this one a moment later.
        tried(pod("a"), until=lambda answer: not answer.warnings),
        tried(pod("a", hostNetwork=True)),
        labels={LEVEL + "warn": "restricted", LEVEL + "audit": "restricted"},
    ),
    scenario(
        "versions of a level",
        tried(pod("a")),
        tried(pod("a", hostNetwork=True)),
        labels={
            LEVEL + "enforce": "baseline",
            LEVEL + "enforce-version": "v1.25",
            LEVEL + "warn": "restricted",
            LEVEL + "warn-version": "latest",
        },
    ),
    scenario(
        "raising a level warns of the pods that are there",
        post(PODS, pod("a", nodeSelector={"no": "such"})).quietly(),
        # The pods are counted from a cache, which hears of this one a moment later.
        patch(
            NS,
            {"metadata": {"labels": {LEVEL + "enforce": "restricted"}}},
            query={"dryRun": "All"},
            until=lambda answer: bool(answer.warnings),
            see=only("metadata.labels"),
        ),
        patch(NS, {"metadata": {"labels": {LEVEL + "enforce": "restricted"}}}, see=only("metadata.labels")),
        patch(NS, {"metadata": {"labels": {LEVEL + "enforce": "loose"}}}),
        patch(f"{PODS}/a", {"metadata": {"labels": {"x": "y"}}}, see=only("metadata.labels")),
        labels={},
    ),
]
