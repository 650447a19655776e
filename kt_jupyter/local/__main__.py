"""``python -m kt_jupyter.local``: the embedded cluster from a shell.

ensure       start it in the background where it doesn't run yet; print its kubeconfig's path
run          run it here, in the foreground (also: no verb)
stop         end it; objects and data stay
status       say whether it runs, and where
kubeconfig   print the kubeconfig's path
reset --yes  delete it: objects, volumes and their data
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from kt_jupyter.errors import LocalClusterError
from kt_jupyter.local import lifecycle
from kt_jupyter.local.paths import Paths

_IDLE_MINUTES: Final = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    options = _parser().parse_args(arguments)
    paths = Paths.find(options.state_dir)
    verbs: dict[str, Callable[[argparse.Namespace, Paths], int]] = {
        "ensure": _ensure,
        "run": _run,
        "stop": _stop,
        "status": _status,
        "kubeconfig": _kubeconfig,
        "reset": _reset,
    }
    try:
        return verbs[options.verb](options, paths)
    except LocalClusterError as problem:
        _tell_person(problem)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m kt_jupyter.local", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = ("ensure", "run", "stop", "status", "kubeconfig", "reset")
    parser.add_argument("verb", nargs="?", default="run", choices=verbs, help="what to do (run)")
    parser.add_argument(
        "--state-dir", help="where it keeps everything ($KT_JUPYTER_LOCAL_DIR, else the user's data directory)"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="the port to serve at (the one of last time, else a free one)"
    )
    parser.add_argument(
        "--idle-minutes",
        type=float,
        help="end after so long without requests and pods ($KT_JUPYTER_LOCAL_IDLE_MINUTES, else 30)",
    )
    parser.add_argument("--json", action="store_true", help="status as JSON")
    parser.add_argument("--yes", action="store_true", help="reset without asking")
    parser.add_argument("--tell", type=int, help=argparse.SUPPRESS)  # the pipe on which `ensure` waits for news
    return parser


def _ensure(options: argparse.Namespace, paths: Paths) -> int:
    lifecycle.ensure(paths, port=options.port, idle_minutes=options.idle_minutes)
    _say(paths.kubeconfig)
    return 0


def _run(options: argparse.Namespace, paths: Paths) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    paths.make()
    try:
        with lifecycle.own(paths):
            paths.server.unlink(missing_ok=True)  # left by one that was killed
            _serve(options, paths)
    except BlockingIOError:
        if options.tell is not None:
            _tell(options.tell, "busy")
            return 0
        about = lifecycle.running(paths)
        where = f" at {about['url']} (pid {about['pid']})" if about else ""
        raise LocalClusterError(
            f"The local cluster in {paths.root} already runs{where}.", remedy="python -m kt_jupyter.local stop"
        ) from None
    except LocalClusterError as problem:
        if options.tell is not None:
            _tell(options.tell, json.dumps({"fact": problem.fact, "remedy": problem.remedy}))
        raise
    return 0


def _serve(options: argparse.Namespace, paths: Paths) -> None:
    from kt_jupyter.local.server import Server  # noqa: PLC0415  (the other verbs need not wait for aiohttp)

    def ready(port: int) -> None:
        if options.tell is not None:
            _tell(options.tell, "ready")
        else:
            _tell_person(f"The local cluster serves at https://127.0.0.1:{port}; Ctrl-C ends it.")
            _say(paths.kubeconfig)

    async def serve() -> None:
        await Server(paths, port=options.port, idle=60 * _idle_minutes(options)).run(ready)

    asyncio.run(serve())


def _idle_minutes(options: argparse.Namespace) -> float:
    if options.idle_minutes is not None:
        return float(options.idle_minutes)
    given = os.environ.get("KT_JUPYTER_LOCAL_IDLE_MINUTES", "")
    try:
        return float(given or _IDLE_MINUTES)
    except ValueError:
        raise LocalClusterError(
            f"KT_JUPYTER_LOCAL_IDLE_MINUTES is {given!r}, which is not a number.", remedy="For example: 30"
        ) from None


def _say(text: object) -> None:
    print(text, flush=True)  # noqa: T201  (what the command was asked for)


def _tell_person(text: object) -> None:
    print(text, file=sys.stderr)  # noqa: T201  (what a person should know, not a program)


def _tell(descriptor: int, message: str) -> None:
    os.write(descriptor, f"{message}\n".encode())
    os.close(descriptor)


def _stop(_: argparse.Namespace, paths: Paths) -> int:
    _tell_person("ended" if lifecycle.stop(paths) else "it was not running")
    return 0


def _status(options: argparse.Namespace, paths: Paths) -> int:
    about = lifecycle.running(paths)
    if options.json:
        _say(json.dumps({"running": about is not None, "state_dir": str(paths.root), **(about or {})}))
    elif about:
        _say(f"running at {about['url']}  pid {about['pid']}  version {about['version']}  state in {paths.root}")
    else:
        _say(f"not running  state in {paths.root}")
    return 0 if about else 3


def _kubeconfig(_: argparse.Namespace, paths: Paths) -> int:
    _say(paths.kubeconfig)
    return 0


def _reset(options: argparse.Namespace, paths: Paths) -> int:
    if not options.yes:
        raise LocalClusterError(
            f"This deletes every object and all data of the local cluster in {paths.root}.",
            remedy="python -m kt_jupyter.local reset --yes",
        )
    lifecycle.reset(paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
