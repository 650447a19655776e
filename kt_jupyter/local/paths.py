"""Where one local cluster keeps its files. All of it is its user's alone (directories 0700, secrets 0600)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of the local cluster below one state directory."""

    root: Path

    @classmethod
    def find(cls, given: str | None = None) -> Paths:
        """Return the paths below ``given``, else $KT_JUPYTER_LOCAL_DIR, else the user's data directory."""
        chosen = given or os.environ.get("KT_JUPYTER_LOCAL_DIR")
        if chosen:
            return cls(Path(chosen).expanduser().absolute())
        import platformdirs  # noqa: PLC0415  (not needed by most starts)

        return cls(platformdirs.user_data_path("kt_jupyter") / "local")

    @property
    def kubeconfig(self) -> Path:
        """For kubectl and every other client."""
        return self.root / "kubeconfig"

    @property
    def server(self) -> Path:
        """Who serves, and where: pid, port, url, version."""
        return self.root / "server.json"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.root / "server.log"

    @property
    def lock(self) -> Path:
        """Held by the server as long as it lives."""
        return self.root / "lock"

    @property
    def credentials(self) -> Path:
        """Certificates, keys and the token, made once."""
        return self.root / "credentials"

    @property
    def ca(self) -> Path:
        """The certificate that clients trust."""
        return self.credentials / "ca.crt"

    @property
    def state(self) -> Path:
        """The objects."""
        return self.root / "state"

    @property
    def volumes(self) -> Path:
        """The data of claims: one directory a volume."""
        return self.root / "volumes"

    @property
    def pods(self) -> Path:
        """Logs and scratch space of pods."""
        return self.root / "pods"

    def make(self) -> None:
        """Make the directories that do not exist."""
        for directory in (self.root, self.credentials, self.state, self.volumes, self.pods):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
