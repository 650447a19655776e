"""Options that mean the same wherever they stand."""

from __future__ import annotations

from argparse import Namespace

from IPython.core.error import UsageError

from kt_jupyter.notebook.magics.arguments import Argument

NAMESPACE = Argument(
    "--namespace", "the namespace; default: the current one", short="-n", value="NAMESPACE", completes="namespace"
)
ALL_NAMESPACES = Argument("--all-namespaces", "every namespace", short="-A")
JSON = Argument("--json", "give JSON text instead of a view")
YAML = Argument("--yaml", "give the Kubernetes manifest instead of doing it")
DRY_RUN = Argument("--dry-run", "let the server check it, change nothing, show what would be")


def refuse_both(args: Namespace, *pair: Argument) -> None:
    """Refuse two options that contradict each other.

    Raises:
        UsageError: Both were given.
    """
    if all(getattr(args, argument.key) for argument in pair):
        raise UsageError(f"{' and '.join(argument.name for argument in pair)} exclude each other: leave one out.")
