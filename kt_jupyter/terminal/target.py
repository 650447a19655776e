"""What to attach to: the few words that travel from the kernel over the browser and the server to a command line.

They cross three programs, one of which a stranger can write to, so each is checked on arrival and there is no room for
anything else: no kubeconfig, no command, no environment. Every word reaches the program as ``--key=value`` in a list;
no shell reads it, and nothing that begins with a dash can pass for an option.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from kt_jupyter.errors import InvalidInput

if TYPE_CHECKING:
    from kt_jupyter.kube import Cluster

MODULE: Final = "kt_jupyter.terminal.attach"

_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_TEXT = r"[^-\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]{0,252}"  # no control characters: it goes to a terminal
_GRAMMAR: Final = {
    "namespace": re.compile(_LABEL, re.ASCII),
    "pod": re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*", re.ASCII),
    "container": re.compile(_LABEL, re.ASCII),
    "context": re.compile(_TEXT),
    "title": re.compile(_TEXT),
}


@dataclass(frozen=True)
class Target:
    """A container's main process.

    Args:
        namespace: The pod's namespace.
        pod: Its name.
        container: Needed when the pod has several.
        title: What the tab is called; default: the pod's name.
        context: The kubeconfig's context; None for its current one, or for the pod that Jupyter runs in.
        local: The embedded local cluster instead.

    Raises:
        InvalidInput: A word is not what Kubernetes accepts there.
    """

    namespace: str
    pod: str
    container: str | None = None
    title: str | None = None
    context: str | None = None
    local: bool = False

    def __post_init__(self) -> None:
        for key, grammar in _GRAMMAR.items():
            value = getattr(self, key)
            optional = value is None and key not in ("namespace", "pod")
            if not optional and not (isinstance(value, str) and grammar.fullmatch(value)):
                raise InvalidInput(f"{value!r} cannot be the {key} of a terminal.")
        if not isinstance(self.local, bool):
            raise InvalidInput(f"local is true or false, not {self.local!r}.")

    @classmethod
    def of(
        cls,
        cluster: Cluster,
        pod: str,
        *,
        namespace: str | None = None,
        container: str | None = None,
        title: str | None = None,
    ) -> Self:
        """Return the target for a pod of a cluster that is at hand."""
        return cls(
            namespace=namespace or cluster.namespace,
            pod=pod,
            container=container,
            title=title,
            context=None if cluster.is_local else cluster.context,
            local=cluster.is_local,
        )

    @classmethod
    def read(cls, message: object) -> Self:
        """Return the target that another program asks for.

        Raises:
            InvalidInput: It is not one.
        """
        if not isinstance(message, Mapping):
            raise InvalidInput("a JSON object is expected, with the pod and its namespace.")
        unknown = sorted(map(str, message.keys() - {*_GRAMMAR, "local"}))
        missing = sorted({"namespace", "pod"} - message.keys())
        if unknown or missing:
            what = f"has no {' and no '.join(missing)}" if missing else f"has words that nothing reads: {unknown}"
            raise InvalidInput(f"the request for a terminal {what}.")
        return cls(**message)

    def message(self) -> dict[str, Any]:
        """Return what ``read`` takes."""
        return {key: value for key, value in asdict(self).items() if value not in (None, False)}

    def arguments(self) -> list[str]:
        """Return the program's arguments."""
        words = [f"--{key}={getattr(self, key)}" for key in ("context", "namespace", "container") if getattr(self, key)]
        words += ["--local"] if self.local else []
        words += [f"--title={self.title}"] if self.title else []
        return [*words, self.pod]

    def command(self) -> str:
        """Return the line to paste into any terminal."""
        plain = [word for word in self.arguments() if not word.startswith("--title=")]
        return shlex.join(["python", "-m", MODULE, *plain])
