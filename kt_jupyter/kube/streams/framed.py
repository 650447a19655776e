"""Output that has arrived whole, or an error: never a part of it that looks like all.

A cluster loses the end of a command's output when the reader is slow, and reports success (kubernetes#124571; measured:
6 of 10 runs at 20 ms a frame). The loss happens when the process exits while its output is still on the way. So a few
lines of shell run the command in its place, take the checksums of what it prints, tell them at the end, and *stay*
until we have confirmed them. Needs ``sh``, ``tee``, ``head`` and ``md5sum`` in the image: any that has a shell has them
(not so ``cksum``, which Debian's busybox lacks).

A command is never run a second time on its own: nobody but the caller knows whether it may be.

Traps that gave the script its shape:

* ``tee`` writes to ``/proc/self/fd/6``, a pipe of our own making; to open the stream's own ends anew is forbidden to
  users other than root, who made them.
* The command must not hold the pipes that take its checksums (``>&-``), or they would never end.
* Input is of known length and read by ``head -c``: its end is then known without closing the stream's input, which
  carries the confirmation. When the connection breaks the input ends, and the script goes too.
* The mark is in two halves on the command line and whole in the output, so that ``ps`` does not print it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from kt_jupyter.errors import OutputIncomplete, StreamLost
from kt_jupyter.kube.streams.core import STDERR, STDOUT, AsyncStream
from kt_jupyter.kube.streams.endings import ConnectionLost, End, Exited
from kt_jupyter.kube.streams.opening import checked, exec_request

if TYPE_CHECKING:
    from kt_jupyter.kube.streams.verbs import PodStreams

_SCRIPT: Final = r"""
a=$1 b=$2 n=$3; shift 3
exec 3>&1 4>&2
sum() { s=$({ tee /proc/self/fd/6 >&"$2"; } 6>&1 | md5sum); echo "$1 $s" >&5; }
input() { if [ "$n" = 0 ]; then "$@" </dev/null; else head -c "$n" | "$@"; fi; }
r=$({ { { input "$@" 3>&- 4>&- 5>&- 8>&-; echo "x $?" >&5; } 2>&1 >&8 5>&5 | sum e 4; } 8>&1 | sum o 3; } 5>&1)
printf '%s%s %s \n' "$a" "$b" "$(echo $r)" >&3
read -r ok
"""
_SUMS = re.compile(rb" x (?P<code>\d+) e (?P<err>[0-9a-f]{32})  ?- o (?P<out>[0-9a-f]{32})  ?- ")
_LATE = 10.0  # seconds without a byte, once the sums are known, after which the missing ones are not coming
_LONGEST = 200  # bytes of the last line


@dataclass(frozen=True)
class Completed:
    """A command that has ended, as ``subprocess.CompletedProcess``.

    Attributes:
        stdout: All it printed.
        stderr: All it printed there.
        exit_code: 128 + the signal's number when one ended it.
    """

    stdout: bytes
    stderr: bytes
    exit_code: int


async def run_framed(
    cluster: PodStreams,
    pod: str,
    command: Sequence[str],
    *,
    namespace: str | None = None,
    container: str | None = None,
    stdin: bytes | None = None,
) -> Framed:
    """Start a command whose output must be whole, on the caller's own loop; arguments as ``Cluster.run``.

    Example:
        >>> async with await run_framed(cluster, "web-0", ["cat", "/data/weights"]) as output:
        ...     async for channel, data in output:
        ...         file.write(data)
    """
    first, second = secrets.token_hex(8), secrets.token_hex(8)
    checked(command)
    words = ["sh", "-c", _SCRIPT, "kt-run", first, second, str(len(stdin or b"")), *command]
    request = exec_request(
        pod, words, namespace=namespace or cluster.namespace, container=container, stdin=True, tty=False
    )
    return Framed(await cluster.open_stream(request), (first + second).encode(), stdin or b"")


class Framed:
    """A command's output to iterate: ``(channel, data)``, checked at the end.

    Attributes:
        exit_code: The command's; None until everything has arrived.
    """

    def __init__(self, stream: AsyncStream, mark: bytes, stdin: bytes) -> None:
        self._stream = stream
        self._mark = mark
        self._sums = {channel: hashlib.md5(usedforsecurity=False) for channel in (STDOUT, STDERR)}
        self._told: dict[int, str] = {}
        self._size = 0
        self._tail = b""  # output that may be the beginning of the last line
        self.exit_code: int | None = None
        self._writing = asyncio.ensure_future(self._write(stdin))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the connection; the command may go on if it has not ended."""
        self._writing.cancel()
        await asyncio.wait([self._writing])
        await self._stream.aclose()

    async def __aiter__(self) -> AsyncIterator[tuple[int, bytes]]:
        """Give the output.

        Raises:
            OutputIncomplete: Some of it is missing; at the end, when that is known.
            StreamLost: The connection broke.
            ContainerNotRunning: The container does not run.
            CommandNotStarted: There is no shell in the image.
        """
        async with contextlib.aclosing(self._chunks()) as chunks:
            async for channel, data in chunks:
                ready = self._until_mark(data) if channel == STDOUT else data
                if ready:
                    self._sums[channel].update(ready)
                    self._size += len(ready)
                    yield channel, ready
                if self._told and self._whole:
                    await self._confirmed()
                    return
        self._raise(self._stream.end)

    async def _chunks(self) -> AsyncGenerator[tuple[int, bytes], None]:
        """Give what comes. After the last line only stderr can be on its way, and not for long."""
        with contextlib.suppress(StopAsyncIteration, TimeoutError):
            while True:
                async with asyncio.timeout(_LATE if self._told else None):
                    chunk = await anext(self._stream)
                yield chunk

    @property
    def _whole(self) -> bool:
        return all(sums.hexdigest() == self._told[channel] for channel, sums in self._sums.items())

    def _until_mark(self, data: bytes) -> bytes:
        """Return the output that is surely output, and read the last line when it is here."""
        data = self._tail + data
        at = data.find(self._mark)
        if at < 0:
            keep = next((n for n in range(len(self._mark) - 1, 0, -1) if data.endswith(self._mark[:n])), 0)
            self._tail = data[len(data) - keep :]
            return data[: len(data) - keep]
        line, newline, _ = data[at + len(self._mark) :].partition(b"\n")
        self._tail = data[at:]
        if newline and (sums := _SUMS.match(line)):
            self.exit_code, self._tail = int(sums["code"]), b""
            self._told = {STDOUT: sums["out"].decode(), STDERR: sums["err"].decode()}
        elif newline or len(line) > _LONGEST:
            raise OutputIncomplete(
                f'what pod "{self._stream.pod}" printed could not be checked.',
                remedy="The image needs sh, tee, head and md5sum; /proc must be mounted.",
                server=line[:_LONGEST].decode(errors="replace").strip() or None,
            )
        return data[:at]

    async def _confirmed(self) -> None:
        with contextlib.suppress(StreamLost):  # all is here: how the relay ends is of no interest
            await self._stream.write(b"\n")
            await self._stream.wait()

    async def _write(self, data: bytes) -> None:
        with contextlib.suppress(StreamLost):  # whoever reads will see it
            await self._stream.write(data)

    def _raise(self, end: End | None) -> None:
        if end is not None and not isinstance(end, Exited | ConnectionLost):
            raise end.error(self._stream.pod)
        how = f", then {end.how}" if isinstance(end, ConnectionLost) else ""
        self.exit_code = None
        raise OutputIncomplete(
            f'not all that the command in pod "{self._stream.pod}" printed has arrived: {self._size} bytes did{how}.',
            remedy="It may have run, or be running still: look before you repeat it.",
        )


async def completed(output: Framed) -> Completed:
    """Read all of it."""
    parts: dict[int, list[bytes]] = {STDOUT: [], STDERR: []}
    async with output:
        async for channel, data in output:
            parts[channel].append(data)
    assert output.exit_code is not None
    return Completed(b"".join(parts[STDOUT]), b"".join(parts[STDERR]), output.exit_code)
