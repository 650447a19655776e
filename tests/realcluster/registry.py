"""The image registry: answers pulls from the image store, whatever registry they are addressed to.

Without it a pod with ``imagePullPolicy: Always``, which is the default for ``:latest``, would not start, and a wrong
image name would end in a network error instead of "not found". It serves manifests and, in principle, layers; nodes
have the layers already. ``python -m tests.realcluster.registry STORE``, run inside the cluster's namespaces.
"""

from __future__ import annotations

import json
import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PORT = 5000
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_REQUEST = re.compile(r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs)/(?P<reference>[^/]+)")


def find(path: str, names: dict[str, str]) -> str | None:
    """The digest of what a request path asks for.

    Args:
        path: ``/v2/<repository>/manifests/<tag or digest>?ns=<registry>`` or ``…/blobs/<digest>``.
        names: The images there are: full name to digest.
    """
    url = urlsplit(path)
    asked = _REQUEST.fullmatch(url.path)
    if asked is None:
        return None
    reference = asked["reference"]
    if reference.startswith("sha256:"):
        return reference
    host = parse_qs(url.query).get("ns", ["docker.io"])[0]
    return names.get(f"{host}/{asked['repository']}:{reference}")


def serve(names_file: Path, blobs: Path) -> None:
    """Answer until the process ends."""

    class Handler(BaseHTTPRequestHandler):
        """One request; the store is read each time, so images made meanwhile are found."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            digest = find(self.path, json.loads(names_file.read_text()))
            blob = blobs / digest.removeprefix("sha256:") if digest else None
            if digest is None or blob is None or not blob.is_file():
                # Also for "/v2/": clients ask that only to see whether they must log in.
                self.send_response(HTTPStatus.OK if self.path == "/v2/" else HTTPStatus.NOT_FOUND)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(HTTPStatus.OK)
            kind = MANIFEST_TYPE if "/manifests/" in self.path else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(blob.stat().st_size))
            self.send_header("Docker-Content-Digest", digest)
            self.end_headers()
            if with_body:
                with blob.open("rb") as content:
                    self.wfile.writelines(iter(lambda: content.read(1 << 20), b""))

    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
