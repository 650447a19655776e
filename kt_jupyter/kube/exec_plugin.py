"""Run a kubeconfig's login plugin (``aws eks get-token``, ``gke-gcloud-auth-plugin`` …) and read what it prints.

The protocol is https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
Ours rather than the official client's because that one logs a failing plugin and goes on as ``system:anonymous``, so
that an expired login looks like missing rights. Here a plugin that fails is an error that carries the plugin's words.

A notebook has no terminal to give: stdin is closed, ``interactive`` is false, and a plugin that insists on a
terminal is explained instead of started. What a plugin writes to stderr while it keeps us waiting ("open this page
and enter the code …") is shown at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kt_jupyter.errors import CredentialsError
from kt_jupyter.kube import notices
from kt_jupyter.kube.target import Target

_QUIET = 1.5  # seconds a plugin may take before its stderr is shown live
_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


@dataclass(frozen=True)
class PluginCredential:
    """What a plugin answered; ``expires`` is a Unix time, None when it did not say."""

    token: str
    certificate: bytes | None
    key: bytes | None
    expires: float | None


async def run_plugin(target: Target) -> PluginCredential:
    """Run the plugin of the target's user.

    Raises:
        CredentialsError: The program is missing, fails, insists on a terminal, or answers what is no credential.
    """
    plugin = target.identity.exec
    assert plugin is not None
    command = _command(plugin, target)
    answer = await _output(command, _environment(plugin, target), target)
    return _credential(answer, plugin, command, target)


def _command(plugin: Mapping[str, Any], target: Target) -> list[str]:
    origin, name = target.identity.origin, str(plugin.get("command") or "")
    arguments = [str(argument) for argument in plugin.get("args") or ()]
    if plugin.get("apiVersion") not in _VERSIONS:
        raise CredentialsError(
            f"{origin} has a login plugin of the version {plugin.get('apiVersion')!r}, which no current kubectl runs.",
            remedy=f"Set its apiVersion to {_VERSIONS[0]}; `{name}` may need an update for that.",
        )
    if plugin.get("interactiveMode") == "Always":
        raise CredentialsError(
            f"the login plugin of {origin} (interactiveMode: Always) wants a terminal, and a notebook has none.",
            remedy=f"Set interactiveMode: IfAvailable there, after logging in once in a terminal:\n"
            f"{shlex.join([name, *arguments])}",
        )
    if os.sep in name and not Path(name).is_absolute() and target.identity.exec_directory:
        name = str(target.identity.exec_directory / name)
    program = shutil.which(name)
    if program is None:
        hint = str(plugin.get("installHint") or "").strip()
        raise CredentialsError(
            f"the login plugin `{name}` of {origin} is not installed, or not on the PATH of this kernel.",
            remedy=hint or f"Install `{name}`, or give its full path as `command` in the kubeconfig.",
        )
    return [program, *arguments]


def _environment(plugin: Mapping[str, Any], target: Target) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": False}
    if str(plugin.get("provideClusterInfo")).lower() == "true":
        spec["cluster"] = _cluster_info(target)
    info = {"kind": "ExecCredential", "apiVersion": plugin["apiVersion"], "spec": spec}
    extra = {str(pair["name"]): str(pair.get("value") or "") for pair in plugin.get("env") or () if "name" in pair}
    return {**os.environ, **extra, "KUBERNETES_EXEC_INFO": json.dumps(info)}


def _cluster_info(target: Target) -> dict[str, Any]:
    import base64  # noqa: PLC0415 - for the few plugins that ask

    facts = {
        "server": target.server,
        "tls-server-name": target.tls_server_name,
        "insecure-skip-tls-verify": target.insecure,
        "certificate-authority-data": base64.b64encode(target.ca.read()).decode() if target.ca else "",
        "proxy-url": target.proxy_url,
        "disable-compression": not target.compression,
        "config": target.exec_config,
    }
    return {key: value for key, value in facts.items() if value}


async def _output(command: list[str], environment: dict[str, str], target: Target) -> bytes:
    """Run the program and return its stdout; ending early (Ctrl-C) kills it."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise CredentialsError(
            f"the login plugin `{command[0]}` of {target.identity.origin} cannot be started: {error.strerror}."
        ) from error
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        output, words = await asyncio.gather(process.stdout.read(), _listen(process.stderr))
        code = await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if code:
        raise CredentialsError(
            f"the login plugin of {target.identity.origin} ended with exit code {code}: {words or 'it said nothing.'}",
            remedy=f"Log in again; to see it in a terminal: {shlex.join(command)}",
        )
    return output


async def _listen(stream: asyncio.StreamReader) -> str:
    """Collect stderr; once the plugin keeps us waiting, show what it says as it says it."""
    loop = asyncio.get_running_loop()
    started, held, words = loop.time(), b"", b""
    while True:
        patience = max(0.0, started + _QUIET - loop.time()) if held else None
        try:
            chunk = await asyncio.wait_for(stream.read(8192), patience)
        except TimeoutError:
            chunk = None
        if chunk == b"":
            return words.decode(errors="replace").strip()
        words += chunk or b""
        held += chunk or b""
        if held and loop.time() - started >= _QUIET:
            notices.say_now(held.decode(errors="replace").rstrip())
            held = b""


def _credential(answer: bytes, plugin: Mapping[str, Any], command: list[str], target: Target) -> PluginCredential:
    def wrong(fact: str, error: Exception | None = None) -> CredentialsError:
        problem = CredentialsError(
            f"the login plugin `{Path(command[0]).name}` of {target.identity.origin} {fact}.",
            remedy=f"See what it prints in a terminal: {shlex.join(command)}",
        )
        problem.__cause__ = error
        return problem

    try:
        document = json.loads(answer)
        status = document.get("status") or {}
        token = str(status.get("token") or "")
        certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
    except (ValueError, AttributeError) as error:
        raise wrong("printed what is no ExecCredential", error) from error
    if document.get("apiVersion") != plugin["apiVersion"]:
        raise wrong(f"answered in {document.get('apiVersion')!r} where the kubeconfig says {plugin['apiVersion']!r}")
    if bool(certificate) != bool(key):
        raise wrong("gave a certificate or a key without the other")
    if not token and not certificate:
        raise wrong("gave neither a token nor a certificate")
    try:
        stamp = status.get("expirationTimestamp")
        expires = datetime.fromisoformat(stamp).timestamp() if stamp else None
    except (TypeError, ValueError) as error:
        raise wrong(f"gave an expirationTimestamp that is no time: {stamp!r}", error) from error
    return PluginCredential(
        token, str(certificate).encode() if certificate else None, str(key).encode() if key else None, expires
    )
