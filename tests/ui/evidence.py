"""What there was to see when a test failed: a failure that comes once in a hundred runs has to explain itself."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from kt_jupyter.kube import PODS

LINES = 30  # of a log


def evidence(name: str, fixtures: dict[str, Any]) -> str:
    """Take pictures of the pages, and tell what Jupyter, the cluster and the terminals' pods say; never raises."""
    found: list[str] = []
    for part in (_pages, _jupyter, _pods):
        try:
            found += part(re.sub(r"\W+", "-", name), fixtures.get)
        except Exception as error:  # noqa: BLE001 - the test's own failure must be seen
            found.append(f"{part.__name__.strip('_')}: not to be had: {error!r}")
    return "\n".join(found)


def _pages(name: str, get: Callable[[str], Any]) -> Iterator[str]:
    for number, page in enumerate(get("context").pages if get("context") else ()):
        yield f"page {number}: {page.url}"
        for screen in page.locator(".xterm-accessibility-tree").all_inner_texts():
            yield f"a terminal shows: {screen.strip() or 'nothing'}"
        for shown in page.locator(".jp-CodeCell").all_inner_texts():
            yield f"a cell shows: {shown.strip()!r}"
        if get("lab"):
            picture = get("lab").home / f"{name}-{number}.png"
            page.screenshot(path=picture, timeout=10_000)
            yield f"picture: {picture}"


def _jupyter(_: str, get: Callable[[str], Any]) -> Iterator[str]:
    if lab := get("lab"):
        yield "Jupyter's log ends with:"
        yield from (lab.home / "log").read_text(errors="replace").splitlines()[-LINES:]
        yield f"terminals: {lab.ask('GET', 'terminals')}"
        yield f"kernels: {lab.ask('GET', 'kernels')}"  # an idle one has not heard of a cell whose prompt is [*]


def _pods(_: str, get: Callable[[str], Any]) -> Iterator[str]:
    cluster, volume = get("cluster"), get("volume")
    for pod in cluster.list(PODS, label_selector=f"kt-jupyter.dev/volume={volume}") if cluster and volume else ():
        status, pod_name = pod.get("status") or {}, pod["metadata"]["name"]
        yield f"pod {pod_name}: {status.get('phase')} {status.get('containerStatuses')}"
        yield f"its log: {cluster.logs(pod_name, tail_lines=LINES)!r}"
