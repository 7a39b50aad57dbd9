"""What proves a model's server to the gateway, and the gateway to it: two files from the vault of certificates.

Each namespace has a certificate of its own, and may read that secret and the authority's, not the vault: the gateway's
own keys lie there, too. All servers of the platform have one identity, so what keeps their certificates apart is the
namespace's list of what to mount; a tenant that is promised more needs a stack of its own.
"""

import json

from pulumi import Input
from pulumi_azure_native import managedidentity
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.gateway_secrets import MODELS_AUTHORITY
from components.key_vault import KeyVault
from components.tenancy import MOUNT
from components.workload import Place
from config import StackConfig

VOLUME = "certificates"


def secret_of(space: str) -> str:
    """Name of the secret with the certificate and the key of a namespace's servers."""
    return f"model--{space}"


def certificates(
    place: Place,
    *,
    config: StackConfig,
    client_id: Input[str],
    identity: managedidentity.UserAssignedIdentity,
    vault: KeyVault,
) -> None:
    """The namespace's class of secrets, and the right to read them. `objectAlias` names the file: Azure's provider."""
    named = {"server": secret_of(place.name), "authority": MODELS_AUTHORITY}
    objects = [
        json.dumps({"objectName": name, "objectType": "secret", "objectAlias": alias}) for alias, name in named.items()
    ]
    vault.grant_secret(f"{place.name}-server", identity, named["server"])
    CustomResource(
        f"{place.name}-certificates",
        api_version="secrets-store.csi.x-k8s.io/v1",
        kind="SecretProviderClass",
        metadata=meta.ObjectMetaArgs(name=VOLUME, namespace=place.name),
        spec={
            "provider": "azure",
            "parameters": {
                "clientID": client_id,
                "keyvaultName": vault.vault.name,
                "tenantId": config.tenant_id,
                "objects": json.dumps({"array": objects}),
            },
        },
        opts=place.options,
    )


def volume() -> core.VolumeArgs:
    """Where the pod takes them from."""
    return core.VolumeArgs(
        name=VOLUME,
        csi=core.CSIVolumeSourceArgs(
            driver="secrets-store.csi.k8s.io",
            read_only=True,
            volume_attributes={"secretProviderClass": VOLUME},
        ),
    )


def mount() -> core.VolumeMountArgs:
    """Where the proxy sees them; the server does not."""
    return core.VolumeMountArgs(name=VOLUME, mount_path=MOUNT, read_only=True)
