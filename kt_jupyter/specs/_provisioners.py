"""Which provisioner can let many nodes write one file system: the table behind ``storage``.

Kubernetes has no field for it: a claim with ReadWriteMany on a class that cannot do it is accepted and stays Pending,
often without a word. So this is knowledge, from kubernetes-csi/docs ``book/src/drivers.md`` (2026-05) and the drivers'
own documents. In that list "Read/Write Multiple Pods" of block drivers (RBD, EBS io2, IBM block, Lightbits) means raw
block devices only: they stand under ``BLOCK`` here. Names match exactly, after an operator's prefix
(``rook-ceph.cephfs.csi.ceph.com``), or as a pattern where a driver is installed under names of its own.
"""

from __future__ import annotations

FILE_SYSTEMS = frozenset(
    {
        # standards and open source
        "nfs.csi.k8s.io", "smb.csi.k8s.io", "cephfs.csi.ceph.com", "csi.juicefs.com", "seaweedfs-csi-driver",
        "csi.cubefs.com", "csi.alluxio.com", "com.tuxera.csi.moosefs", "org.kadalu.gluster", "org.gluster.glusterfs",
        "rclone.csi.veloxpack.io", "btrfs-nfs-csi", "openebs.io/nfsrwx", "driver.longhorn.io", "beegfs.csi.netapp.com",
        "k8s-sigs.io/nfs-subdir-external-provisioner", "manila.csi.openstack.org",
        # clouds
        "efs.csi.aws.com", "fsx.csi.aws.com", "fsx.openzfs.csi.aws.com",
        "filestore.csi.storage.gke.io", "lustre.csi.storage.gke.io", "parallelstore.csi.storage.gke.io",
        "file.csi.azure.com", "kubernetes.io/azure-file", "blob.csi.azure.com", "azurelustre.csi.azure.com",
        "fss.csi.oraclecloud.com", "com.tencent.cloud.csi.cfs", "nasplugin.csi.alibabacloud.com",
        "filestorage.csi.scaleway.com", "fs.csi.crusoe.ai", "vpc.file.csi.ibm.io",
        # storage vendors
        "csi.weka.io", "csi.vastdata.com", "exa.csi.ddn.com", "spectrumscale.csi.ibm.com", "csi-isilon.dellemc.com",
        "filex.csi.hpe.com", "com.mapr.csi-kdf", "quobyte-csi", "com.vdura.csi.panfs", "com.hammerspace.csi",
        "csi.fs.xsky.com", "nexentastor-csi-driver.nexenta.com", "pxd.portworx.com", "csi.san.synology.com",
        # ours
        "local.kt-jupyter.dev/shared",
    }
)  # fmt: skip

# Files through FUSE on an object store: no append, rename or lock, so a checkpoint may be torn. Never picked unasked.
OBJECT_STORES = frozenset(
    {
        "gcsfuse.csi.storage.gke.io", "s3.csi.aws.com", "s3.csi.scality.com", "ossplugin.csi.alibabacloud.com",
        "gcs.csi.ofek.dev",
    }
)  # fmt: skip

# They accept ReadWriteMany and keep the data in a directory of one node.
SINGLE_NODE = frozenset(
    {
        "k8s.io/minikube-hostpath", "docker.io/hostpath", "microk8s.io/hostpath", "rancher.io/local-path",
        "hostpath.csi.k8s.io",
    }
)  # fmt: skip

BLOCK = frozenset(
    {
        "ebs.csi.aws.com", "kubernetes.io/aws-ebs", "pd.csi.storage.gke.io", "kubernetes.io/gce-pd",
        "disk.csi.azure.com", "kubernetes.io/azure-disk", "rbd.csi.ceph.com", "cinder.csi.openstack.org",
        "dobs.csi.digitalocean.com", "block.csi.ibm.com", "csi.hetzner.cloud", "linodebs.csi.linode.com",
        "block.csi.vultr.com", "topolvm.io", "topolvm.cybozu.com", "local.csi.openebs.io", "zfs.csi.openebs.io",
        "io.openebs.csi-mayastor", "openebs.io/local", "kubernetes.io/no-provisioner",
        "local.kt-jupyter.dev/directory", "local.kt-jupyter.dev/broken",
    }
)  # fmt: skip

# Claims of these bind only to volumes an administrator made: a class of theirs must not be picked for a new claim.
WITHOUT_PROVISIONING = frozenset(
    {
        "gcsfuse.csi.storage.gke.io", "s3.csi.aws.com", "ossplugin.csi.alibabacloud.com",
        "nasplugin.csi.alibabacloud.com", "kubernetes.io/no-provisioner",
    }
)  # fmt: skip

# Installed under a name of the installation's own; fnmatch patterns.
FILE_SYSTEM_PATTERNS = ("cluster.local/nfs-*", "nfs.manila.csi.openstack.org", "cephfs.manila.csi.openstack.org")
BLOCK_PATTERNS = ("*.local.csi.*", "*-lvm.csi.*")

# Shared or not by a parameter of the class: provisioner pattern → (parameter, regular expression of shared values).
# No parameter: nothing in the class tells.
CONDITIONAL = {
    "csi.trident.netapp.io": ("backendType", "ontap-nas.*|azure-netapp-files|gcnv"),
    "kubernetes.io/portworx-volume": ("sharedv4", "true"),
    "csi.hpe.com": ("nfsResources", "true"),
    "csi.nutanix.com": ("storageType", "NutanixFiles"),
    "csi.vsphere.vmware.com": ("csi.storage.k8s.io/fstype", "nfs4?"),
    "org.democratic-csi.*": ("csi.storage.k8s.io/fstype", "nfs|cifs"),
    "infinibox-csi-driver": ("storage_protocol", "nfs.*"),
    "linstor.csi.linbit.com": (None, ""),
}
