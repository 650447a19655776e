"""The small documents of an image in OCI image layout: configuration, manifest, index. Pure."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass
from typing import Any

from .registry import MANIFEST_TYPE

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class Documents:
    """Everything of an image's archive but the layer, and the digest that is the image's identity."""

    files: dict[str, bytes]
    manifest: str


def documents(names: tuple[str, ...], command: tuple[str, ...], layer: str, size: int) -> Documents:
    """Describe an image of one layer.

    Args:
        names: The full names it goes by, like ``docker.io/library/alpine:latest``.
        command: What a container of it runs unless told otherwise.
        layer: SHA-256 digest of the layer's tar file, in hexadecimal.
        size: Bytes of that file.
    """
    config = _json(
        {
            "architecture": architecture(),
            "os": "linux",
            "config": {"Cmd": command, "Env": [_PATH]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _describe(config, _CONFIG_TYPE),
            "layers": [{"mediaType": _LAYER_TYPE, "digest": f"sha256:{layer}", "size": size}],
        }
    )
    named = [_describe(manifest, MANIFEST_TYPE) | {"annotations": {"io.containerd.image.name": name}} for name in names]
    files = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _json({"schemaVersion": 2, "manifests": named}),
        **{f"blobs/sha256/{_digest(content)}": content for content in (config, manifest)},
    }
    return Documents(files, _digest(manifest))


def architecture() -> str:
    """This machine's architecture, in the words of images."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _describe(content: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": f"sha256:{_digest(content)}", "size": len(content)}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
