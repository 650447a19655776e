"""Volumes and classes: made by hand, defaulted, checked, bound and released."""

from ..objects import CLAIMS, CLASSES, EVENTS, VOLUMES, claim, named
from ..steps import delete, get, gone, only, patch, post, scenario, shows


def kind_of(name, **fields):
    return named("StorageClass", name, "storage.k8s.io/v1", **{"provisioner": "example.com/p", **fields})


def volume(name, **spec):
    base = {
        "capacity": {"storage": "2Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/tmp/x"},
        "storageClassName": "{ns}-hand",
    }
    return named(
        "PersistentVolume", name, spec={key: value for key, value in {**base, **spec}.items() if value is not None}
    )


CLASS, VOLUME = f"{CLASSES}/{{ns}}-a", f"{VOLUMES}/{{ns}}-v"
WHAT = only(
    "metadata.annotations", "metadata.finalizers", "spec", "status.phase", "status.capacity", "status.accessModes"
)

SCENARIOS = [
    scenario(
        "a class",
        post(CLASSES, kind_of("{ns}-a")),
        post(CLASSES, kind_of("{ns}-a")),
        post(
            CLASSES,
            kind_of(
                "{ns}-b",
                allowVolumeExpansion=True,
                reclaimPolicy="Retain",
                volumeBindingMode="WaitForFirstConsumer",
                parameters={"a": "b"},
                mountOptions=["ro"],
            ),
            query={"dryRun": "All"},
        ),
        post(CLASSES, kind_of("{ns}-x", provisioner="")),
        post(CLASSES, kind_of("{ns}-x", provisioner="Bad Provisioner")),
        post(CLASSES, kind_of("{ns}-x", volumeBindingMode="Later")),
        post(CLASSES, kind_of("{ns}-x", reclaimPolicy="Keep")),
        post(CLASSES, kind_of("Bad_Name")),
        post(CLASSES, kind_of("{ns}-x", parameters={"a": 5})),
        patch(CLASS, {"provisioner": "other"}),
        patch(CLASS, {"reclaimPolicy": "Retain"}),
        patch(CLASS, {"volumeBindingMode": "WaitForFirstConsumer"}),
        patch(CLASS, {"allowVolumeExpansion": True}, see=only("allowVolumeExpansion")),
        patch(CLASS, {"parameters": {"a": "b"}}),
        delete(CLASS),
        get(CLASS),
        cleanup=(CLASS,),
    ),
    scenario(
        "a volume",
        post(VOLUMES, volume("{ns}-v")),
        post(VOLUMES, volume("{ns}-x", capacity=None)),
        post(VOLUMES, volume("{ns}-x", accessModes=None)),
        post(VOLUMES, volume("{ns}-x", hostPath=None)),
        post(VOLUMES, volume("{ns}-x", nfs={"server": "s", "path": "/"})),
        post(VOLUMES, volume("{ns}-x", accessModes=["RWX"])),
        post(VOLUMES, volume("{ns}-x", capacity={"storage": "0"})),
        post(VOLUMES, volume("{ns}-x", persistentVolumeReclaimPolicy="Keep")),
        post(VOLUMES, volume("{ns}-x", hostPath={"path": "/"}, persistentVolumeReclaimPolicy="Recycle")),
        post(VOLUMES, volume("Bad_Name")),
        patch(VOLUME, {"spec": {"hostPath": {"path": "/tmp/y"}}}),
        patch(VOLUME, {"spec": {"capacity": {"storage": "3Gi"}}}, see=only("spec.capacity")),
        patch(
            VOLUME,
            {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
            see=only("spec.persistentVolumeReclaimPolicy"),
        ),
        get(VOLUME, until=shows("status.phase", "Available"), see=only("status.phase")),
        delete(VOLUME, see=only("kind", "metadata.finalizers")),
        get(VOLUME, until=gone),
        cleanup=(VOLUME,),
    ),
    scenario(
        "a volume made by hand is bound and kept",
        post(VOLUMES, volume("{ns}-v", persistentVolumeReclaimPolicy="Retain")).quietly(),
        get(VOLUME, until=shows("status.phase", "Available"), see=only("status.phase")),
        post(CLAIMS, claim("a", "1Gi", storageClassName="{ns}-hand")).quietly(),
        get(f"{CLAIMS}/a", until=shows("status.phase", "Bound"), see=WHAT),
        get(
            VOLUME,
            until=shows("status.phase", "Bound"),
            see=only("spec.claimRef", "metadata.annotations", "metadata.finalizers", "status.phase"),
        ),
        patch(f"{CLAIMS}/a", {"spec": {"resources": {"requests": {"storage": "3Gi"}}}}),
        delete(VOLUME, see=only("kind", "metadata.deletionGracePeriodSeconds", "status.phase")),
        get(VOLUME, see=only("metadata.finalizers", "status.phase")),
        delete(f"{CLAIMS}/a").quietly(),
        get(f"{CLAIMS}/a", until=gone),
        get(VOLUME, until=gone),
        cleanup=(VOLUME,),
    ),
    scenario(
        "a kept volume is released, and free again when told so",
        post(VOLUMES, volume("{ns}-v", persistentVolumeReclaimPolicy="Retain")).quietly(),
        post(CLAIMS, claim("a", "1Gi", storageClassName="{ns}-hand", volumeName="{ns}-v")).quietly(),
        get(f"{CLAIMS}/a", until=shows("status.phase", "Bound"), see=WHAT),
        delete(f"{CLAIMS}/a").quietly(),
        get(VOLUME, until=shows("status.phase", "Released"), see=only("status.phase", "spec.claimRef.name")),
        patch(VOLUME, {"spec": {"claimRef": None}}, see=only("spec.claimRef")),
        get(VOLUME, until=shows("status.phase", "Available"), see=only("status.phase")),
        cleanup=(VOLUME,),
    ),
    scenario(
        "a claim whose volume is gone is lost",
        post(VOLUMES, volume("{ns}-v", persistentVolumeReclaimPolicy="Retain")).quietly(),
        post(CLAIMS, claim("a", "1Gi", storageClassName="{ns}-hand")).quietly(),
        get(f"{CLAIMS}/a", until=shows("status.phase", "Bound"), see=only("status.phase")),
        delete(VOLUME).quietly(),
        patch(VOLUME, {"metadata": {"finalizers": None}}).quietly(),
        get(f"{CLAIMS}/a", until=shows("status.phase", "Lost"), see=only("status")),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.name=a,reason=ClaimLost"},
            until=lambda answer: bool(answer.body["items"]),
            see=lambda body: [(item["type"], item["message"]) for item in body["items"]],
        ),
        cleanup=(VOLUME,),
    ),
    scenario(
        "a volume too small, or of other modes, is passed by",
        post(VOLUMES, volume("{ns}-v", capacity={"storage": "1Gi"})).quietly(),
        get(VOLUME, until=shows("status.phase", "Available"), see=only("status.phase")),
        post(CLAIMS, claim("big", "2Gi", storageClassName="{ns}-hand")).quietly(),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.name=big"},
            until=lambda answer: bool(answer.body["items"]),
            see=lambda body: [(item["type"], item["reason"], item["message"]) for item in body["items"]],
        ),
        post(CLAIMS, claim("wrong", volumeName="{ns}-v", storageClassName="other")).quietly(),
        get(
            EVENTS,
            query={"fieldSelector": "involvedObject.name=wrong"},
            until=lambda answer: bool(answer.body["items"]),
            see=lambda body: [(item["type"], item["reason"], item["message"]) for item in body["items"]],
        ),
        cleanup=(VOLUME,),
    ),
    scenario(
        "the provisioned volume",
        post(
            CLAIMS, claim("a", modes=["ReadWriteMany"], storageClassName="shared"), keep={"uid": "metadata.uid"}
        ).quietly(),
        get(f"{CLAIMS}/a", until=shows("status.phase", "Bound"), see=only("status", "spec.volumeName")),
        get(
            f"{VOLUMES}/pvc-{{uid}}",
            until=shows("status.phase", "Bound"),
            see=only(
                "metadata.finalizers",
                "metadata.annotations",
                "spec.accessModes",
                "spec.capacity",
                "spec.claimRef",
                "spec.persistentVolumeReclaimPolicy",
                "spec.storageClassName",
                "spec.volumeMode",
                "status.phase",
            ),
        ),
        delete(f"{VOLUMES}/pvc-{{uid}}", query={"dryRun": "All"}, see=only("kind")),
        delete(f"{CLAIMS}/a").quietly(),
        get(f"{VOLUMES}/pvc-{{uid}}", until=gone),
    ),
]
