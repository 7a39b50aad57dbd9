"""What proves a model's server to the gateway, and the gateway to it: two files from the vault of certificates.

Each namespace has a certificate of its own, and may read that secret and the authority's, not the vault: the gateway's
own keys lie there, too. All servers of the platform have one identity, so what keeps their certificates apart is the
namespace's list of what to mount; a tenant that is promised more needs a stack of its own.
"""

from pulumi_azure_native import managedidentity

from components.gateway_secrets import MODELS_AUTHORITY, provider_class
from components.key_vault import KeyVault
from components.workload import Place
from config import StackConfig


def secret_of(space: str) -> str:
    """Name of the secret with the certificate and the key of a namespace's servers."""
    return f"model--{space}"


def certificates(
    place: Place, *, config: StackConfig, identity: managedidentity.UserAssignedIdentity, vault: KeyVault
) -> None:
    """The namespace's class of secrets, and the right to read its own."""
    own = secret_of(place.name)
    vault.grant_secret(f"{place.name}-server", identity, own)
    provider_class(
        place.name,
        {"server": own, "authority": MODELS_AUTHORITY},
        config=config,
        place=place,
        client_id=identity.client_id,
        vault=vault,
    )
