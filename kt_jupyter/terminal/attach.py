"""A shell that kt_jupyter started in a pod, in the terminal you are in.

    python -m kt_jupyter.terminal.attach --context kind-dev --namespace team-a POD

It is the program behind JupyterLab's tabs, and the way to the same shell from anywhere else: `vol.ssh()` prints the
line. Leave it with `exit`, which ends the pod; after a lost connection it comes back by itself.

Exit status: the shell's own (137 when it was killed); 2 when it could not begin, or its pod was deleted; 128 + N when
signal N ended the program and the shell goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import select
import sys
from collections.abc import Sequence

from kt_jupyter.errors import KtError
from kt_jupyter.terminal.presence import EVERY, Presence
from kt_jupyter.terminal.target import MODULE, Target

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"
_WITHOUT_STATUS = 2


def main(words: Sequence[str] | None = None) -> int:
    """Attach; returns the exit status."""
    options = _parser().parse_args(words)
    presence = Presence(told=options.in_tab)
    try:
        return _attach(_target(options), presence, in_tab=options.in_tab, again=options.again)
    except KtError as error:
        _say(error)
        return _held(presence) if options.in_tab else _WITHOUT_STATUS


def run(target: Target, terminal: str | None = None) -> int:
    """Attach in place, for a caller whose terminal it is: plain IPython; or in one by path, which a console left us."""
    return _attach(target, Presence(told=False), terminal=terminal)


def _attach(
    target: Target,
    presence: Presence,
    *,
    in_tab: bool = False,
    again: bool = False,
    terminal: str | None = None,
) -> int:
    from kt_jupyter.terminal import pods  # noqa: PLC0415 - after the arguments are known to be good
    from kt_jupyter.terminal.screen import Screen  # noqa: PLC0415
    from kt_jupyter.terminal.session import Left, Session  # noqa: PLC0415

    with Screen(terminal) as screen:
        screen.title(target.title or target.pod)
        session = Session(pods.connected(target), target, screen, presence, again=again)
        try:
            ended = session.run()
        except Left as left:
            return 128 + left.signum
        except KeyboardInterrupt:
            screen.say(f"left; the shell goes on in its pod. Back to it: {target.command()}")
            return _held(presence) if in_tab else 130
        session.finish()
    if ended.why is not None:
        _say(ended.why)
        if in_tab:
            return _held(presence)
    status = _WITHOUT_STATUS if ended.code is None else ended.code
    return 0 if in_tab else status


def _target(options: argparse.Namespace) -> Target:
    return Target(
        namespace=options.namespace or _namespace(options),
        pod=options.pod,
        container=options.container,
        title=options.title,
        context=options.context,
        local=options.local,
    )


def _namespace(options: argparse.Namespace) -> str:
    from kt_jupyter.kube import connect  # noqa: PLC0415

    return "default" if options.local else connect(options.context).namespace


def _parser() -> argparse.ArgumentParser:
    doc, _, epilog = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog=f"python -m {MODULE}",
        description=doc,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("pod", metavar="POD", help="the pod's name")
    parser.add_argument("--context", help="the kubeconfig's context; default: its current one")
    parser.add_argument("-n", "--namespace", help="the pod's namespace; default: the context's")
    parser.add_argument("-c", "--container", help="the container; default: the pod's only one")
    parser.add_argument("--local", action="store_true", help="the embedded local cluster")
    parser.add_argument("--title", help="what the tab is called; default: the pod's name")
    # The Jupyter server's: words must be read before the tab closes; and it was there before the server was restarted.
    parser.add_argument("--in-tab", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    return parser


def _say(error: KtError) -> None:
    print(f"{_RED}{type(error).__name__}{_PLAIN}: {error}", file=sys.stderr)  # noqa: T201 - a command-line program


def _held(presence: Presence) -> int:
    """Wait for Enter, while anybody is there: JupyterLab closes a tab whose program ends, with the words in it."""
    print("\nEnter closes this tab. ", end="", flush=True)  # noqa: T201
    with contextlib.suppress(KeyboardInterrupt):
        while presence.within(0) and not select.select([sys.stdin], [], [], EVERY)[0]:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
