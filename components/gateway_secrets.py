"""What the gateway's pods mount from the vault of certificates, each as a file of that name, refreshed while they run.

Nothing of it is in a plan or in a state: it is put there by people, and by the runner what changes by itself
(docs/guides/first-deployment.md, step 9). A pod whose vault lacks one of these does not start.
"""

import json
from collections.abc import Mapping, Sequence

from pulumi import Input
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.key_vault import KeyVault
from components.tenancy import MOUNT, salt
from components.workload import Place
from config import StackConfig
from config.tenants import SHARED

SERVER, AUTHORITY, REVOKED = "gateway", "callers-ca", "callers-crl"
"""The server's own certificate; the authority that callers' certificates come from; those that it took back."""
TO_MODELS, MODELS_AUTHORITY = "gateway-to-models", "models-ca"
"""What the gateway shows to models; the platform's own authority, which signs that and the certificates of models."""
KEYS = "callers-jwks"
"""Keys of the issuer of callers' tokens: mounted, so that the gateway asks nobody for them."""
SIGNER = "audit-signer"
"""What checkpoints of the audit log are signed with, Ed25519; auditors have the public half."""
PURPOSES = ("surrogates", "vault")
"""Keys of a tenant: of surrogates in the form of what they stand for, and of the vault that other tokens lie in."""
EPOCH = 1
"""The epoch in force. A later one is mounted beside it: what was made under the first is still to be restored."""


def tenant_key(purpose: str, tenant: str) -> str:
    """Name of a tenant's key: whose, for what, and which epoch is read from the file's name."""
    return f"{purpose}--{tenant}--{EPOCH}"


def names(config: StackConfig) -> Sequence[str]:
    """Every secret. A stack without tenants has one controller, whose keys are those of `SHARED`."""
    tenants = [tenant.name for tenant in config.tenants] or [SHARED]
    return (
        *(SERVER, AUTHORITY, REVOKED, KEYS, SIGNER, TO_MODELS, MODELS_AUTHORITY),
        *(salt(tenant) for tenant in config.tenants),
        *(tenant_key(purpose, tenant) for tenant in tenants for purpose in PURPOSES),
    )


def provider_class(
    name: str,
    secrets: Mapping[str, str],
    *,
    config: StackConfig,
    place: Place,
    client_id: Input[str],
    vault: KeyVault,
) -> None:
    """Which secrets by the files that they become, of which vault, as whom.

    All are `secret`: so Key Vault serves a certificate with its key. `objectAlias` names a file otherwise than its
    secret: Azure's provider.
    """
    objects = [
        {"objectName": secret, "objectType": "secret", **({"objectAlias": file} if file != secret else {})}
        for file, secret in secrets.items()
    ]
    CustomResource(
        f"{name}-certificates",
        api_version="secrets-store.csi.x-k8s.io/v1",
        kind="SecretProviderClass",
        metadata=meta.ObjectMetaArgs(name="certificates", namespace=place.name),
        spec={
            "provider": "azure",
            "parameters": {
                "clientID": client_id,
                "keyvaultName": vault.vault.name,
                "tenantId": config.tenant_id,
                "objects": json.dumps({"array": [json.dumps(one) for one in objects]}),
            },
        },
        opts=place.options,
    )


def volume() -> core.VolumeArgs:
    """Where a pod takes them from."""
    return core.VolumeArgs(
        name="certificates",
        csi=core.CSIVolumeSourceArgs(
            driver="secrets-store.csi.k8s.io",
            read_only=True,
            volume_attributes={"secretProviderClass": "certificates"},
        ),
    )


def mount() -> core.VolumeMountArgs:
    """Where a container sees them."""
    return core.VolumeMountArgs(name="certificates", mount_path=MOUNT, read_only=True)
