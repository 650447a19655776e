"""The server process: opens the state, serves, runs the controllers, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from kt_jupyter import __version__
from kt_jupyter.errors import LocalClusterError
from kt_jupyter.local import bootstrap, credentials, discovery, housekeeping
from kt_jupyter.local.controllers import run_controllers
from kt_jupyter.local.kinds import KindRules
from kt_jupyter.local.paths import Paths
from kt_jupyter.local.pods import Logs, Running
from kt_jupyter.local.registry import Registry
from kt_jupyter.local.rest.api import Api
from kt_jupyter.local.rest.bodies import LIMIT
from kt_jupyter.local.rest.query import truth
from kt_jupyter.local.rest.subresources import Handlers
from kt_jupyter.local.store import Store
from kt_jupyter.local.users import Authenticator

log = logging.getLogger(__name__)
_ADDRESS: Final = "127.0.0.1"
_SHUTDOWN_SECONDS: Final = 5.0
_HEADER_BYTES: Final = 1 << 20  # Go's default; the command of an exec is in the request's first line


class Server:
    """One local cluster, serving."""

    def __init__(self, paths: Paths, *, port: int = 0, idle: float) -> None:
        self._paths = paths
        self._wanted_port = port
        self._idle = idle
        self._stop = asyncio.Event()
        self._activity = housekeeping.Activity()

    async def run(self, ready: Callable[[int], None]) -> None:
        """Serve until told to stop, or until nobody needs the server; ``ready`` is called with the port.

        Raises:
            LocalClusterError: the state cannot be used, or the port asked for is taken.
        """
        secrets = credentials.load_or_make(self._paths)
        listener = self._listen()
        store = Store(self._paths.state)
        try:
            registry = Registry(store, KindRules())
            bootstrap.furnish(registry)
            registry.store.begin_history()
            gc.freeze()  # what was loaded lives long: spare the collector from walking it
            await self._serve(registry, secrets, listener, ready)
        finally:
            store.close()

    def stop(self) -> None:
        """End in order, soon."""
        self._stop.set()

    async def _serve(
        self,
        registry: Registry,
        secrets: credentials.Credentials,
        listener: socket.socket,
        ready: Callable[[int], None],
    ) -> None:
        port = listener.getsockname()[1]
        authenticator = Authenticator(secrets)
        logs, running = Logs(self._paths.pods), Running()
        hosts = frozenset((_ADDRESS, "localhost"))
        api = Api(registry, authenticator, hosts, Handlers(authenticator, logs, running))
        runner = web.AppRunner(
            self._application(api),
            handler_cancellation=True,
            access_log=None,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        await runner.setup()
        await web.SockSite(runner, listener, ssl_context=secrets.ssl_context()).start()
        self._announce(secrets, port)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        ready(port)
        log.info("serving at https://%s:%d, pid %d", _ADDRESS, port, os.getpid())
        background = [
            asyncio.create_task(housekeeping.keep_on_disk(registry.store), name="keep_on_disk"),
            asyncio.create_task(housekeeping.sweep_events(registry), name="sweep_events"),
            asyncio.create_task(
                run_controllers(registry, paths=self._paths, logs=logs, running=running), name="controllers"
            ),
            asyncio.create_task(self._stop_when_idle(registry), name="idle"),
        ]
        for task in background:
            task.add_done_callback(self._notice_death)
        await self._stop.wait()
        log.info("ending")
        with contextlib.suppress(FileNotFoundError):
            self._paths.server.unlink()
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        for subscription in registry.store.subscriptions():
            subscription.close()  # watches end now, not at the end of the shutdown's patience
        await runner.cleanup()

    def _application(self, api: Api) -> web.Application:
        async def handle(request: web.Request) -> web.StreamResponse:
            watch = truth(request.query, "watch") or truth(request.query, "follow")
            self._activity.begin(watch=watch)
            try:
                return await api.handle(request)
            finally:
                self._activity.end(watch=watch)

        application = web.Application(client_max_size=LIMIT + 1)
        application.router.add_route("*", "/{path:.*}", handle)
        return application

    def _listen(self) -> socket.socket:
        """Take the port asked for, else the one of last time, so that open notebooks find the server again."""
        remembered = self._paths.root / "port"
        choices = [self._wanted_port] if self._wanted_port else [*_number(remembered), 0]
        for port in choices:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((_ADDRESS, port))
            except OSError as problem:
                listener.close()
                if port == choices[-1]:
                    raise LocalClusterError(
                        f"The local cluster cannot listen on {_ADDRESS}:{port}: {problem.strerror}.",
                        remedy="Leave out --port, or choose another.",
                    ) from problem
            else:
                listener.listen(128)
                credentials.write_private(remembered, str(listener.getsockname()[1]).encode())
                return listener
        raise AssertionError

    def _announce(self, secrets: credentials.Credentials, port: int) -> None:
        """Write where the server is, for those who look for it; the kubeconfig first, it must be right by then."""
        credentials.write_private(self._paths.kubeconfig, credentials.kubeconfig(secrets, port))
        about: dict[str, Any] = {
            "pid": os.getpid(),
            "port": port,
            "version": __version__,
            "kubernetes": discovery.version()["gitVersion"],
            "url": f"https://{_ADDRESS}:{port}",
        }
        credentials.write_private(self._paths.server, json.dumps(about).encode())

    async def _stop_when_idle(self, registry: Registry) -> None:
        await housekeeping.until_idle(registry, self._activity, self._idle)
        log.info("nobody needs the server: ending")
        self.stop()

    def _notice_death(self, task: asyncio.Task[None]) -> None:
        """A background task that raised is a fault of ours: say so where people look."""
        if not task.cancelled() and (problem := task.exception()):
            log.error("%s ended", task.get_name(), exc_info=problem)


def _number(path: Any) -> list[int]:
    with contextlib.suppress(OSError, ValueError):
        return [int(path.read_text())]
    return []
