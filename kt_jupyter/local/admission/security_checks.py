"""The Pod Security Standards, check by check. Source: ``k8s.io/pod-security-admission/policy`` (1.34)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig

_BASELINE_CAPABILITIES: Final = frozenset(
    (
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    )
)  # fmt: skip
_VOLUMES: Final = frozenset(
    (
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    )
)
_SYSCTLS: Final = frozenset(
    (
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    )
)  # fmt: skip
_SELINUX_TYPES: Final = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_CONFINED: Final = ("RuntimeDefault", "Localhost")


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, in a word, and with what."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


def violations(spec: Object, level: str) -> list[Violation]:
    """Return in what a pod's spec falls below a level."""
    if level == "privileged":
        return []
    pod = _Pod(spec)
    found = []
    for check in _RESTRICTED if level == "restricted" else _BASELINE:
        reason, details = check(pod)
        if details:
            found.append(Violation(reason, "; ".join(details)))
    return found


class _Pod:
    """A pod's spec, its containers in the order in which they are named."""

    def __init__(self, spec: Object) -> None:
        self.spec = spec
        self.context: Object = spec.get("securityContext") or {}
        keys = ("initContainers", "containers", "ephemeralContainers")
        self.containers: list[Object] = [one for key in keys for one in spec.get(key) or ()]

    def named(self, wrong: Callable[[Object], Any]) -> str:
        """Name the containers of which something is true; "" when there are none."""
        found = [one["name"] for one in self.containers if wrong(one.get("securityContext") or {})]
        return _listed("container", found)


Result = tuple[str, list[str]]


def _listed(noun: str, names: list[str]) -> str:
    if not names:
        return ""
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"{noun} {quoted}" if len(names) == 1 else f"{noun}s {quoted}"


def _privileged(pod: _Pod) -> Result:
    who = pod.named(lambda context: context.get("privileged"))
    return "privileged", [f"{who} must not set securityContext.privileged=true"] if who else []


def _escalation(pod: _Pod) -> Result:
    who = pod.named(lambda context: context.get("allowPrivilegeEscalation") is not False)
    return "allowPrivilegeEscalation != false", (
        [f"{who} must set securityContext.allowPrivilegeEscalation=false"] if who else []
    )


def _added(pod: _Pod, allowed: frozenset[str]) -> list[str]:
    extra: set[str] = set()

    def wrong(context: Object) -> bool:
        found = {name for name in dig(context, "capabilities", "add") or () if name not in allowed}
        extra.update(found)
        return bool(found)

    who = pod.named(wrong)
    shown = ", ".join(f'"{name}"' for name in sorted(extra))
    return [f"{who} must not include {shown} in securityContext.capabilities.add"] if who else []


def _default_capabilities(pod: _Pod) -> Result:
    return "non-default capabilities", _added(pod, _BASELINE_CAPABILITIES)


def _no_capabilities(pod: _Pod) -> Result:
    who = pod.named(lambda context: "ALL" not in (dig(context, "capabilities", "drop") or ()))
    kept = [f'{who} must set securityContext.capabilities.drop=["ALL"]'] if who else []
    return "unrestricted capabilities", kept + _added(pod, frozenset(("NET_BIND_SERVICE",)))


def _host_namespaces(pod: _Pod) -> Result:
    found = [f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(key)]
    return "host namespaces", [", ".join(found)] if found else []


def _host_paths(pod: _Pod) -> Result:
    found = [volume["name"] for volume in pod.spec.get("volumes") or () if "hostPath" in volume]
    return "hostPath volumes", [_listed("volume", found)] if found else []


def _host_ports(pod: _Pod) -> Result:
    names, ports = [], []
    for container in pod.containers:
        used = [port["hostPort"] for port in container.get("ports") or () if port.get("hostPort")]
        if used:
            names.append(container["name"])
            ports += used
    if not names:
        return "hostPort", []
    numbers = ", ".join(str(port) for port in sorted(set(ports)))
    verb = "uses" if len(names) == 1 else "use"
    return "hostPort", [f"{_listed('container', names)} {verb} hostPort{'s' if len(set(ports)) > 1 else ''} {numbers}"]


def _proc_mount(pod: _Pod) -> Result:
    kinds = {
        dig(one, "securityContext", "procMount")
        for one in pod.containers
        if dig(one, "securityContext", "procMount") not in (None, "Default")
    }
    who = pod.named(lambda context: context.get("procMount") not in (None, "Default"))
    shown = ", ".join(f'"{kind}"' for kind in sorted(map(str, kinds)))
    return "procMount", [f"{who} must not set securityContext.procMount to {shown}"] if who else []


def _volume_types(pod: _Pod) -> Result:
    names, kinds = [], []
    for volume in pod.spec.get("volumes") or ():
        kind = next((key for key in volume if key != "name"), "emptyDir")
        if kind not in _VOLUMES:
            names.append(volume["name"])
            kinds.append(kind)
    if not names:
        return "restricted volume types", []
    shown = ", ".join(f'"{kind}"' for kind in sorted(set(kinds)))
    verb, noun = ("uses", "type") if len(names) == 1 else ("use", "types" if len(set(kinds)) > 1 else "type")
    return "restricted volume types", [f"{_listed('volume', names)} {verb} restricted volume {noun} {shown}"]


def _non_root(pod: _Pod) -> Result:
    whole = pod.context.get("runAsNonRoot")
    details = ["pod must not set securityContext.runAsNonRoot=false"] if whole is False else []
    explicit = pod.named(lambda context: context.get("runAsNonRoot") is False)
    if explicit:
        details.append(f"{explicit} must not set securityContext.runAsNonRoot=false")
    silent = "" if whole else pod.named(lambda context: context.get("runAsNonRoot") is None)
    if silent and not details:
        details.append(f"pod or {silent} must set securityContext.runAsNonRoot=true")
    return "runAsNonRoot != true", details


def _root_user(pod: _Pod) -> Result:
    details = ["pod must not set runAsUser=0"] if pod.context.get("runAsUser") == 0 else []
    who = pod.named(lambda context: context.get("runAsUser") == 0)
    return "runAsUser=0", details + ([f"{who} must not set runAsUser=0"] if who else [])


def _selinux(pod: _Pod) -> Result:
    bad_types: set[str] = set()
    fields: set[str] = set()

    def wrong(context: Object) -> bool:
        options = context.get("seLinuxOptions") or {}
        kind = options.get("type") or ""
        odd = {key for key in ("user", "role") if options.get(key)}
        if kind not in _SELINUX_TYPES:
            bad_types.add(kind)
        fields.update(odd)
        return bool(odd) or kind not in _SELINUX_TYPES

    setters = [*(["pod"] if wrong(pod.context) else []), *filter(None, [pod.named(wrong)])]
    if not setters:
        return "seLinuxOptions", []
    noun = "type" if len(bad_types) == 1 else "types"
    what = [f"{noun} {', '.join(sorted(map(_quoted, bad_types)))}"] if bad_types else []
    what += [f"{key} may not be set" for key in ("user", "role") if key in fields]
    told = f"{' and '.join(setters)} set forbidden securityContext.seLinuxOptions: {'; '.join(what)}"
    return "seLinuxOptions", [told]


def _quoted(text: str) -> str:
    return f'"{text}"'


def _profile(context: Object) -> str | None:
    kind: str | None = dig(context, "seccompProfile", "type")
    return kind


def _unconfined(pod: _Pod) -> list[str]:
    bad = {
        kind for one in pod.containers if (kind := _profile(one.get("securityContext") or {})) not in (None, *_CONFINED)
    }
    details = []
    whole = _profile(pod.context)
    if whole not in (None, *_CONFINED):
        details.append(f'pod must not set securityContext.seccompProfile.type to "{whole}"')
    who = pod.named(lambda context: _profile(context) not in (None, *_CONFINED))
    if who:
        shown = ", ".join(sorted(_quoted(str(kind)) for kind in bad))
        details.append(f"{who} must not set securityContext.seccompProfile.type to {shown}")
    return details


def _seccomp_baseline(pod: _Pod) -> Result:
    return "seccompProfile", _unconfined(pod)


def _seccomp_restricted(pod: _Pod) -> Result:
    details = _unconfined(pod)
    silent = "" if _profile(pod.context) in _CONFINED else pod.named(lambda context: _profile(context) is None)
    if silent and not details:
        wanted = 'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
        details.append(f"pod or {silent} must set {wanted}")
    return "seccompProfile", details


def _sysctls(pod: _Pod) -> Result:
    found = [one["name"] for one in pod.context.get("sysctls") or () if one["name"] not in _SYSCTLS]
    return "forbidden sysctls", [", ".join(found)] if found else []


Check = Callable[[_Pod], Result]

# In the order of the real checks' names. Where restricted is stricter in the same thing, its check stands alone.
_BASELINE: Final[tuple[Check, ...]] = (
    (
        _default_capabilities, _host_namespaces, _host_paths, _host_ports, _privileged, _proc_mount, _selinux,
        _seccomp_baseline, _sysctls,
    )
)  # fmt: skip
_RESTRICTED: Final[tuple[Check, ...]] = (
    (
        _escalation, _no_capabilities, _host_namespaces, _host_ports, _privileged, _proc_mount, _volume_types,
        _non_root, _root_user, _selinux, _seccomp_restricted, _sysctls,
    )
)  # fmt: skip
