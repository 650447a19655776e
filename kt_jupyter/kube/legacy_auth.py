"""Legacy ``auth-provider`` entries, by way of the official client: the one thing its configuration code is used for.

kubectl dropped ``gcp`` and ``azure`` in 1.26 and keeps only ``oidc``; the official Python client still has ``oidc``
and ``gcp``, refresh and writing the new tokens back included. Importing it takes 0.3 s, which only these users pay.
"""

from __future__ import annotations

import os

from kt_jupyter.errors import CredentialsError
from kt_jupyter.kube.target import Target


def authorization(target: Target) -> str:
    """Return the ``Authorization`` header for the target's auth provider. Blocks: it may talk to the provider.

    Raises:
        CredentialsError: The provider is not supported any more, or gave no token.
    """
    from kubernetes import client, config  # noqa: PLC0415 - see above

    identity = target.identity
    provider = str((identity.auth_provider or {}).get("name"))
    configuration = client.Configuration()
    remedy = {
        "azure": "Convert the entry to a login plugin: kubelogin convert-kubeconfig",
        "gcp": "Convert the entry to a login plugin: gcloud container clusters get-credentials …",
    }.get(provider, "Log in again with the tool that wrote this kubeconfig.")
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            config_file=os.pathsep.join(str(file) for file in target.files),
            context=target.context,
            client_configuration=configuration,
        )
    except Exception as error:  # whatever a provider's library raises
        raise CredentialsError(
            f"the auth provider `{provider}` of {identity.origin} gave no token: {error}", remedy=remedy
        ) from error
    token = configuration.api_key.get("BearerToken")
    if not token:
        raise CredentialsError(f"the auth provider `{provider}` of {identity.origin} gave no token.", remedy=remedy)
    return str(token)
