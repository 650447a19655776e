"""The image store: made once, then shared by every node of every run.

Importing an image into a containerd unpacks it: seconds to half a minute for each node and run. So one containerd
imports everything at build time, and each node begins with a copy of its two small databases and links to the rest
(``give``). That is sound because containerd never writes to what it has unpacked: it is the lower layer of overlays.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import configs, oci, rootfs, stamps, tools
from .layout import Layout
from .process import run
from .progress import step

PAUSE = "localhost/pause:1"
_FORMAT = "OCI 1"  # to be changed with what the archives look like
_NOT_IN_IMAGES = ("./proc/*", "./sys/*", "./dev/*", "./run/*", "./tmp/*")
_CONTENT = "io.containerd.content.v1.content/blobs/sha256"
_SNAPSHOTS = "io.containerd.snapshotter.v1.overlayfs"
_METADATA = "io.containerd.metadata.v1.bolt"


@dataclass(frozen=True)
class Image:
    """One image under all the names it goes by."""

    key: str
    command: tuple[str, ...]
    names: tuple[str, ...]
    root: Callable[[Layout], Path]


def _hub(*names: str) -> tuple[str, ...]:
    return tuple(f"docker.io/{name if '/' in name else 'library/' + name}" for name in names)


STANDARD = (
    Image("pause", ("/pause",), (PAUSE,), rootfs.pause),
    Image("busybox", ("/bin/sh",), _hub("alpine:latest", "busybox:latest"), rootfs.busybox),
    Image("debian", ("/bin/bash",), _hub("ubuntu:22.04", "debian:12"), rootfs.debian),
    Image("python", ("python3",), _hub("python:3.11-slim", "python:3.12-slim", "python:3.13-slim"), rootfs.python),
)
TORCH = Image("torch", ("python3",), _hub("pytorch/pytorch:latest"), rootfs.torch)


def build(layout: Layout, *, torch: bool = False) -> None:
    """Make the images and the store that holds them, unless they are there.

    Args:
        layout: The cache.
        torch: Also the image with torch: minutes and 3 GB that most tests have no use for.
            Once made it stays in the store.
    """
    for image in (*STANDARD, *((TORCH,) if torch else ())):
        made = layout.images / f"imported-{image.key}"
        root = image.root(layout)
        made_from = stamps.digest(_FORMAT, *image.names, *image.command, stamps.of(root))
        if stamps.is_made(made, made_from):
            continue
        with step(f"image {', '.join(image.names)}"), stamps.making(made, made_from):
            archive = layout.images / f"{image.key}.tar"
            manifest = _archive(layout, root, archive, image)
            _import(layout, archive, image.names)
            archive.unlink()
            _note(layout, dict.fromkeys(image.names, manifest))
            made.touch()


def give(store: Path, root: Path) -> None:
    """Let a node's containerd begin with everything in the store.

    Args:
        store: The folder that the build's containerd used as its root.
        root: The folder that the node's containerd will use as its root; must not exist.
    """
    (root / _CONTENT).mkdir(parents=True)
    (root / _SNAPSHOTS / "snapshots").mkdir(parents=True)
    (root / _METADATA).mkdir()
    shutil.copy2(store / _METADATA / "meta.db", root / _METADATA)
    shutil.copy2(store / _SNAPSHOTS / "metadata.db", root / _SNAPSHOTS)
    for blob in (store / _CONTENT).iterdir():
        os.link(blob, root / _CONTENT / blob.name)
    for snapshot in (store / _SNAPSHOTS / "snapshots").iterdir():
        (root / _SNAPSHOTS / "snapshots" / snapshot.name).symlink_to(snapshot)


def names_file(layout: Layout) -> Path:
    """The file that says which image goes by which name, for the registry."""
    return layout.images / "names.json"


def blobs(store: Path) -> Path:
    """Where a store keeps manifests and layers, each by its digest."""
    return store / _CONTENT


def _note(layout: Layout, names: dict[str, str]) -> None:
    file = names_file(layout)
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(known | {name: f"sha256:{digest}" for name, digest in names.items()}, indent=2))


def _archive(layout: Layout, root: Path, archive: Path, image: Image) -> str:
    """Write a root folder as an image archive (OCI image layout) of one layer.

    Returns:
        The digest of the image's manifest.
    """
    layer = archive.with_suffix(".layer")
    excluded = [f"--exclude={pattern}" for pattern in _NOT_IN_IMAGES]
    run(
        ["tar", "--directory", str(root), "--numeric-owner", "--create", "--file", str(layer), *excluded, "."],
        log=layout.logs / "tar.log",
        what=f"packing {root.name}",
    )
    with layer.open("rb") as stream:
        layer_digest = hashlib.file_digest(stream, "sha256").hexdigest()
    documents = oci.documents(image.names, image.command, layer_digest, layer.stat().st_size)
    with tarfile.open(archive, "w") as out:
        for name, content in documents.files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            out.addfile(entry, io.BytesIO(content))
        out.add(layer, f"blobs/sha256/{layer_digest}")
    layer.unlink()
    return documents.manifest


_IMPORT = """
mount -n -t tmpfs tmpfs /run  # a short path for the socket, and no leftovers
"$CONTAINERD" --config "$CONFIG" &
daemon=$!
until "$CTR" --address /run/containerd.sock version >/dev/null 2>&1; do kill -0 $daemon; sleep 0.1; done
in_store() { "$CTR" --address /run/containerd.sock --namespace k8s.io images "$@"; }
in_store rm --sync $NAMES >/dev/null  # with what earlier images of these names left behind
in_store import "$ARCHIVE"
kill $daemon
wait $daemon || true
"""


def _import(layout: Layout, archive: Path, names: tuple[str, ...]) -> None:
    """Import an archive into the store, by a containerd that lives as long as that takes."""
    config = layout.images / "import.toml"
    config.write_text(configs.containerd(root=layout.images / "store", state=Path("/run"), cri=None))
    run(
        ["/bin/sh", "-ec", _IMPORT],
        log=layout.logs / f"import-{archive.stem}.log",
        what=f"importing {archive.name}",
        env={
            "CONTAINERD": str(tools.program(layout, "containerd")),
            "CTR": str(tools.program(layout, "ctr")),
            "CONFIG": str(config),
            "ARCHIVE": str(archive),
            "NAMES": " ".join(names),
        },
    )
