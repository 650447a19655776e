"""The objects that the themes send: as small as Kubernetes lets them be, so that every default shows in the answer."""

from typing import Any

NS = "/api/v1/namespaces/{ns}"
CLAIMS = f"{NS}/persistentvolumeclaims"
PODS = f"{NS}/pods"
EVENTS = f"{NS}/events"
CONFIGMAPS = f"{NS}/configmaps"
SECRETS = f"{NS}/secrets"
ACCOUNTS = f"{NS}/serviceaccounts"
QUOTAS = f"{NS}/resourcequotas"
LIMITS = f"{NS}/limitranges"
JOBS = "/apis/batch/v1/namespaces/{ns}/jobs"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES = f"{RBAC}/namespaces/{{ns}}/roles"
BINDINGS = f"{RBAC}/namespaces/{{ns}}/rolebindings"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
VOLUMES = "/api/v1/persistentvolumes"

Object = dict[str, Any]


def named(kind: str, name: str | None, version: str = "v1", **fields: Any) -> Object:
    """Any object."""
    metadata = fields.pop("metadata", {})
    return {"apiVersion": version, "kind": kind, "metadata": {**({"name": name} if name else {}), **metadata}, **fields}


def claim(
    name: str | None, size: Any = "1Gi", modes: Any = ("ReadWriteOnce",), metadata: Object | None = None, **spec: Any
) -> Object:
    """A claim, of the default class unless told otherwise."""
    base = {"accessModes": list(modes), "resources": {"requests": {"storage": size}}}
    return named("PersistentVolumeClaim", name, metadata=metadata or {}, spec={**base, **spec})


def container(name: str = "c", command: str = "true", **fields: Any) -> Object:
    """A container that runs a line of shell."""
    return {
        "name": name,
        "image": "alpine",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", command],
        **fields,
    }


def pod(name: str | None, *containers: Object, metadata: Object | None = None, **spec: Any) -> Object:
    """A pod that ends by itself."""
    base = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0}
    return named(
        "Pod", name, metadata=metadata or {}, spec={**base, **spec, "containers": list(containers) or [container()]}
    )


def job(
    name: str | None, *containers: Object, metadata: Object | None = None, template: Object | None = None, **spec: Any
) -> Object:
    """A job of one pod."""
    inside = {"restartPolicy": "Never", "containers": list(containers) or [container()], **(template or {})}
    return named("Job", name, "batch/v1", metadata=metadata or {}, spec={"template": {"spec": inside}, **spec})


def configmap(name: str | None, metadata: Object | None = None, **data: str) -> Object:
    """The plainest object there is: for what is true of all of them."""
    return named("ConfigMap", name, metadata=metadata or {}, **({"data": data} if data else {}))


def mounting(claim_name: str, path: str = "/data", **spec: Any) -> Object:
    """The part of a pod's spec that mounts a claim; its one container must mount `v0`."""
    return {"volumes": [{"name": "v0", "persistentVolumeClaim": {"claimName": claim_name}}], **spec}
