"""``%kt_cluster``: which cluster this kernel works on, what may be done there, and whom to ask for more."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class

from kt_jupyter import kube
from kt_jupyter.notebook.cluster.doctor import Diagnosis, diagnose
from kt_jupyter.notebook.cluster.identity import granted_to
from kt_jupyter.notebook.cluster.role import role_manifests
from kt_jupyter.notebook.cluster.summary import Summary, summarize
from kt_jupyter.notebook.completion.sources import names
from kt_jupyter.notebook.document import Document, as_json, as_yaml
from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.command import Command
from kt_jupyter.notebook.magics.options import JSON, NAMESPACE, refuse_both

USER = Argument("--user", "a user, as the server calls them", value="USER")
SERVICE_ACCOUNT = Argument(
    "--service-account", "a service account, NAME or NAMESPACE:NAME", value="ACCOUNT", completes="service account"
)
CLUSTER_WIDE = Argument("--cluster-wide", "also a ClusterRole, to see storage classes and namespaces")


def show(args: Namespace) -> Summary | Document:
    """Tell which cluster this is."""
    summary = summarize(kube.current())
    return as_json(asdict(summary)) if args.json else summary


def use(args: Namespace) -> Summary:
    """Switch to a context; without one, to another namespace of the same."""
    if not args.context and not args.namespace:
        raise UsageError("%kt_cluster use needs a context or -n NAMESPACE, for example %kt_cluster use kind-dev.")
    if args.context:
        kube.use(args.context, args.namespace)
    elif (cluster := kube.current()).is_local:
        kube.connect(local=True, namespace=args.namespace)
    else:
        kube.connect(cluster.context, args.namespace)
    names.forget()
    return summarize(kube.current())


def local(args: Namespace) -> Summary:
    """Switch to the embedded cluster."""
    cluster = kube.connect(local=True, namespace=args.namespace)
    names.forget()
    return summarize(cluster)


def doctor(args: Namespace) -> Diagnosis | Document:
    """Find out what may be done here."""
    cluster = kube.current()
    diagnosis = diagnose(cluster.with_namespace(args.namespace) if args.namespace else cluster)
    return as_json(asdict(diagnosis)) if args.json else diagnosis


def role(args: Namespace) -> Document:
    """Write the smallest Role that enables everything."""
    refuse_both(args, USER, SERVICE_ACCOUNT)
    cluster = kube.current()
    namespace = args.namespace or cluster.namespace
    subject = granted_to(cluster, namespace, user=args.user, service_account=args.service_account)
    return as_yaml(*role_manifests(namespace, subject, cluster_wide=args.cluster_wide))


CLUSTER = Command(
    "kt_cluster",
    "The cluster this kernel works on: see it, switch it, find out what you may do.",
    (
        Verb(
            "show",
            "the cluster, its namespace, who you are",
            show,
            (JSON,),
            ("%kt_cluster",),
        ),
        Verb(
            "use",
            "switch to another context of your kubeconfig, or to another namespace",
            use,
            (Argument("context", "a context of your kubeconfig", completes="context"), NAMESPACE),
            ("%kt_cluster use kind-dev -n team-a", "%kt_cluster use -n team-b"),
        ),
        Verb(
            "local",
            "switch to the embedded cluster of this computer; it starts if need be",
            local,
            (NAMESPACE,),
            ("%kt_cluster local",),
        ),
        Verb(
            "doctor",
            "what may I do here, what storage is there",
            doctor,
            (NAMESPACE, JSON),
            ("%kt_cluster doctor -n team-a",),
        ),
        Verb(
            "role",
            "the smallest Role that allows everything, as YAML for an administrator",
            role,
            (NAMESPACE, USER, SERVICE_ACCOUNT, CLUSTER_WIDE),
            ("%kt_cluster role -n team-a --user jane@example.com", "%kt_cluster role --service-account jupyter"),
        ),
    ),
    default="show",
)


@magics_class
class ClusterMagics(Magics):
    """Registers ``%kt_cluster``."""

    @line_magic
    def kt_cluster(self, line: str) -> object:  # noqa: D102 - its help is written from the table, below
        return CLUSTER.run(line)

    kt_cluster.__doc__ = CLUSTER.help()
