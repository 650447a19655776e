"""Plays a scenario on a server: a fresh namespace, the steps in order, the traces removed."""

import contextlib
import re
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any

from . import wire
from .steps import Answer, Scenario, Step, dig

SETTLED_WITHIN = (
    100.0  # seconds for what an `until` waits for: a namespace that holds a claim is tried again later and later
)


@dataclass(frozen=True)
class Exchange:
    """A step with the answer that it got."""

    step: Step
    answer: Answer

    @property
    def settled(self) -> bool:
        """Whether what the step waited for came about."""
        return self.step.until is None or self.step.until(self.answer)


@dataclass(frozen=True)
class Run:
    """A played scenario: its exchanges and the values that hold in it alone."""

    scenario: Scenario
    namespace: str
    kept: dict[str, str]
    exchanges: tuple[Exchange, ...]


def play(server: wire.Server, scenario: Scenario, theme: str) -> Run:
    """Play one scenario in a namespace of its own and delete what it made, without waiting for the namespace to end."""
    values = {"ns": f"parity-{theme}-{secrets.token_hex(4)}"}
    with contextlib.closing(_Player(server, values)) as player:
        player.enter(scenario.labels)
        try:
            exchanges = tuple(Exchange(step, player.take(step)) for step in scenario.steps)
        finally:
            player.leave(scenario.cleanup)
    namespace = values.pop("ns")
    return Run(scenario, namespace, values, exchanges)


class _Player:
    def __init__(self, server: wire.Server, values: dict[str, str]) -> None:
        self.server = server
        self.values = values
        self.connection = server.connect()
        self.streams: dict[str, Any] = {}

    def close(self) -> None:
        self.connection.close()
        for connection, _response in self.streams.values():
            connection.close()

    def enter(self, labels: dict[str, str]) -> None:
        name = self.values["ns"]
        self._ask(Step("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}}))
        # Pods are refused until the namespace has its service account, and that takes a controller a moment.
        for path in ("serviceaccounts/default", "configmaps/kube-root-ca.crt"):
            self.take(Step("GET", "/api/v1/namespaces/{ns}/" + path, until=lambda answer: answer.status == 200))

    def leave(self, cleanup: tuple[str, ...]) -> None:
        for path in (*cleanup, "/api/v1/namespaces/{ns}"):
            self._ask(Step("DELETE", path))

    def take(self, step: Step) -> Answer:
        step = self._filled(step)
        if step.method == "WATCH":
            answer = self._watch(step)
        elif step.method == "READ":
            answer = wire.stream(self.streams[step.path][1], step.events)
        elif step.until:
            answer = self._settled(step)
        else:
            answer = self._ask(step)
        for name, path in step.keep.items():
            self.values[name] = str(dig(answer.body, path))
        return answer

    def _ask(self, step: Step) -> Answer:
        step = self._filled(step)
        response = self.server.ask(
            self.connection, step.method, step.path, query=step.query, headers=step.headers, body=step.body
        )
        answer = wire.whole(response)
        if "Upgrade" in step.headers:  # refused or not, a real server has left HTTP behind on this connection
            self.connection.close()
        return answer

    def _watch(self, step: Step) -> Answer:
        connection = self.server.connect()
        response = self.server.ask(connection, "GET", step.path, query=step.query, headers=step.headers)
        if step.stream:
            self.streams[step.stream] = (connection, response)
            return Answer(response.status, {}, (), None)
        with contextlib.closing(connection):
            return wire.stream(response, step.events)

    def _settled(self, step: Step) -> Answer:
        """Ask again at each change of the collection: a watch says when, the plain request says what."""
        assert step.until
        started = time.monotonic()
        answer = self._ask(step)
        # What answers from a cache of its own (who may do what) announces no change: asked again at once.
        silent = step.method != "GET" or "Impersonate-User" in step.headers
        while silent and not step.until(answer) and time.monotonic() - started < SETTLED_WITHIN:
            answer = self._ask(step)
        if silent or step.until(answer):
            return answer
        collection, query = _collection(step, answer)
        # From version 0: a watch without a version asks etcd how far it is, which old versions of it cannot say (an
        # ERROR after 3 s).
        query = {**query, "watch": "1", "resourceVersion": "0", "timeoutSeconds": str(int(SETTLED_WITHIN))}
        with contextlib.closing(self.server.connect()) as connection:
            response = self.server.ask(connection, "GET", collection, query=query)
            # Asked once more now that the watch stands: what happened before it would never show in it.
            while not step.until(answer := self._ask(step)):
                if time.monotonic() - started > SETTLED_WITHIN or not response.readline():
                    break
        return answer

    def _filled(self, step: Step) -> Step:
        return replace(
            step,
            path=self._fill(step.path),
            query=self._fill(step.query),
            headers=self._fill(step.headers),
            body=self._fill(step.body),
        )

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda match: self.values.get(match[1], match[0]), value)
        if isinstance(value, dict):
            return {self._fill(key): self._fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._fill(item) for item in value]
        return value


def _collection(step: Step, answer: Answer) -> tuple[str, dict[str, str]]:
    """Where to watch for changes of what `step` reads."""
    selectors = {name: value for name, value in step.query.items() if name.endswith("Selector")}
    if isinstance(answer.body, dict) and str(answer.body.get("kind")).endswith("List"):
        return step.path, selectors
    parts = step.path.split("/")
    if parts[-1] in {"status", "log"}:
        parts.pop()
    return "/".join(parts[:-1]), {"fieldSelector": f"metadata.name={parts[-1]}"}
