"""The Debian half: containerd, runc, the CNI plugins, debootstrap and busybox, unpacked into the cache.

Unpacked, not installed: an installed containerd starts itself as a service, and on a machine with Docker it removes
Docker's. apt works on lists and a cache of our own, with the machine's sources, keys and proxies.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from . import stamps
from .layout import Layout
from .process import run
from .progress import step

_PACKAGES = ("busybox-static", "containerd", "containernetworking-plugins", "debootstrap", "runc")


def build(layout: Layout) -> None:
    """Fetch and unpack the packages, unless they are there."""
    made_from = " ".join(_PACKAGES)
    if stamps.is_made(layout.tools, made_from):
        return
    with step(f"Debian packages: {', '.join(_PACKAGES)}"), stamps.making(layout.tools, made_from):
        shutil.rmtree(layout.tools, ignore_errors=True)
        debs = layout.tools / "debs"
        debs.mkdir(parents=True)
        options = apt_options(layout)
        run(
            ["apt-get", *options, "update"],
            log=layout.logs / "apt-update.log",
            what="reading the lists of Debian packages",
        )
        log = layout.logs / "apt-download.log"
        run(["apt-get", *options, "download", *_PACKAGES], cwd=debs, log=log, what="fetching Debian packages")
        for deb in sorted(debs.iterdir()):
            log = layout.logs / f"unpack-{deb.name}.log"
            run(["dpkg-deb", "--extract", str(deb), str(layout.tools)], log=log, what=f"unpacking {deb.name}")
        shutil.rmtree(debs)


def apt_options(layout: Layout) -> list[str]:
    """What keeps apt's lists and downloads in our folder."""
    folders = {"Dir::State::Lists": layout.base / "apt" / "lists", "Dir::Cache": layout.base / "apt" / "cache"}
    for folder in folders.values():
        for partial in (folder / "partial", folder / "archives" / "partial"):
            partial.mkdir(parents=True, exist_ok=True)
    # As root throughout: the user _apt may not enter a cache in /root.
    settings = [f"{name}={folder}" for name, folder in folders.items()] + ["APT::Sandbox::User=root"]
    return [word for setting in settings for word in ("-o", setting)]


def program(layout: Layout, name: str) -> Path:
    """Where an unpacked program is."""
    places = [layout.tools / folder / name for folder in ("usr/bin", "usr/sbin", "bin", "sbin")]
    return next(place for place in places if place.exists())
