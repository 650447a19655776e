"""The root folders of the images: made of Debian's packages, since no image registry can be asked.

Each is a stand-in for a public image (README: which, and how it differs).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import stamps, tools
from .errors import StepFailedError
from .layout import Layout
from .process import run
from .progress import Heartbeat, step

# Each list is installed without recommended packages. The base has what a person in a terminal reaches for: ps, top,
# vi, less. munkres is what matplotlib's fonttools is content with instead of scipy, which would bring a compiler along:
# 700 MB.
_BASE = ("procps", "vim-tiny", "less")
_MODULES = ("ipython", "numpy", "matplotlib", "cloudpickle", "tqdm", "munkres")
_PYTHON = ("python3", *(f"python3-{module}" for module in _MODULES))
_TORCH = ("python3-torch",)
_NO_SERVICES = "#!/bin/sh\nexit 101\n"  # policy-rc.d: packages installed here must not start anything
_UNNEEDED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "var/lib/apt/lists",
    "var/cache/apt",
)
_PYTHON_NAMES = {
    "usr/bin/python": "python3",
    "usr/local/bin/python": "/usr/bin/python3",
    "usr/local/bin/python3": "/usr/bin/python3",
}


def busybox(layout: Layout) -> Path:
    """The smallest root that has a shell: busybox under all its names."""
    root = layout.images / "root-busybox"
    made_from = stamps.of(layout.tools)
    if not stamps.is_made(root, made_from):
        with stamps.making(root, made_from):
            shutil.rmtree(root, ignore_errors=True)
            _busybox(tools.program(layout, "busybox"), root)
    return root


def _busybox(program: Path, root: Path) -> None:
    names = _output([str(program), "--list"]).split()
    for folder in ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr/bin", "var"):
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    shutil.copy2(program, root / "bin" / "busybox")
    for name in set(names) - {"busybox"}:
        (root / "bin" / name).symlink_to("busybox")
    (root / "usr/bin/env").symlink_to("/bin/busybox")  # "#!/usr/bin/env sh"
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\nnobody:x:65534:\n")


def pause(layout: Layout) -> Path:
    """The root of pods' first process: that one program."""
    root = layout.images / "root-pause"
    made_from = stamps.of(layout.kube)
    if not stamps.is_made(root, made_from):
        with stamps.making(root, made_from):
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy2(layout.images / "pause", root / "pause")
    return root


def debian(layout: Layout) -> Path:
    """A minimal Debian: the machine's own release from the machine's own mirror."""
    root = layout.images / "root-debian"
    release = _release(layout)
    made_from = stamps.digest(*release, *_BASE)
    if not stamps.is_made(root, made_from):
        with step("image root: Debian"), stamps.making(root, made_from):
            shutil.rmtree(root, ignore_errors=True)
            mirror, codename = release
            arguments = ["--variant=minbase", f"--include={','.join(_BASE)}", codename, str(root), mirror]
            run(
                ["/bin/sh", str(tools.program(layout, "debootstrap")), *arguments],
                log=layout.logs / "debootstrap.log",
                what="making a Debian root",
                watch=Heartbeat(),
                env={"DEBOOTSTRAP_DIR": str(layout.tools / "usr/share/debootstrap")},
            )
            _drop_unneeded(root)
    return root


def python(layout: Layout) -> Path:
    """Debian with Python and what notebooks' code most often imports."""
    return _with_packages(layout, debian(layout), "python", _PYTHON)


def torch(layout: Layout) -> Path:
    """The Python root with torch."""
    return _with_packages(layout, python(layout), "torch", _TORCH)


def _with_packages(layout: Layout, base: Path, name: str, packages: tuple[str, ...]) -> Path:
    root = layout.images / f"root-{name}"
    made_from = stamps.digest(stamps.of(base), *packages)
    if stamps.is_made(root, made_from):
        return root
    with step(f"image root: {name} ({', '.join(packages)})"), stamps.making(root, made_from):
        shutil.rmtree(root, ignore_errors=True)
        run(["cp", "--archive", str(base), str(root)], log=layout.logs / "copy.log", what=f"copying {base.name}")
        _install(layout, root, packages)
        for alias in _PYTHON_NAMES:
            if not (root / alias).is_symlink():
                (root / alias).symlink_to("/usr/bin/python3")
    return root


def _install(layout: Layout, root: Path, packages: tuple[str, ...]) -> None:
    """Install packages in a root, with the machine's own way to the mirror (proxies, certificates, hosts)."""
    (root / "usr/sbin/policy-rc.d").write_text(_NO_SERVICES)
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    borrowed = [Path(name) for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")]
    lent = [root / str(file).lstrip("/") for file in borrowed if file.exists()]
    for copy in lent:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path("/") / copy.relative_to(root), copy)
    settings = root / "etc/apt/apt.conf.d/99host"
    settings.write_text(_output(["apt-config", "dump", "Acquire"]))
    script = (
        f"mount -t proc proc '{root}/proc' && mount --rbind /dev '{root}/dev' && "
        f"chroot '{root}' sh -ec 'apt-get update -q; apt-get install -qy --no-install-recommends {' '.join(packages)}'"
    )
    run(
        ["/bin/sh", "-ec", script],
        log=layout.logs / f"{root.name}.log",
        what=f"installing {', '.join(packages)}",
        watch=Heartbeat(),
        env={"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
    )
    for file in [*lent, settings, root / "usr/sbin/policy-rc.d"]:
        file.unlink(missing_ok=True)
    _drop_unneeded(root)


def _drop_unneeded(root: Path) -> None:
    for folder in _UNNEEDED:
        shutil.rmtree(root / folder, ignore_errors=True)


def _release(layout: Layout) -> tuple[str, str]:
    """The mirror and code name of the machine's own Debian (or Ubuntu)."""
    codename = os_release(Path("/etc/os-release").read_text()).get("VERSION_CODENAME", "")
    wanted = ["--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Identifier: Packages"]
    for line in _output(["apt-get", *tools.apt_options(layout), "indextargets", *wanted]).splitlines():
        mirror, name, component = line.split()
        if (name, component) == (codename, "main"):
            return mirror, codename
    raise StepFailedError("finding a Debian mirror", f"apt has no source for release {codename!r}, component main")


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def os_release(text: str) -> dict[str, str]:
    """The fields of /etc/os-release."""
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in text.splitlines()) if value}
