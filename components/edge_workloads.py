"""Who acts at an edge site, what each may touch in the stack, and the values that its manifests are filled with.

A token of the site's own OIDC issuer is exchanged for an identity: no secret is kept there for Azure, but one. A
kubelet outside Azure has no identity, so images are pulled with a token of the registry that reads `edge/` and nothing
else; its password is made and renewed by hand (docs/guides/edge-site.md) and never passes through the plan.
"""

from collections.abc import Mapping

from pulumi import Input, Output, Resource
from pulumi_azure_native import containerregistry, managedidentity

from components.edge_boundary import PROMPTS, RELEASES, EdgeBoundary, audit_container
from components.identity import AUDIENCE
from components.key_vault import KeyVault
from components.registry import Registry
from components.roles import Role, grant
from components.scope import Scope
from config.edge import EdgeSite

ACCOUNTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "source": (("flux-system", "source-controller"),),
    "gateway": (("edge-gateway", "gateway"),),
    "prompts": (("edge-gateway", "prompts"),),
    "secrets": (("edge-inference", "secrets"), ("edge-gateway", "secrets")),
}
"""Identities of a site, and the namespaces and service accounts that may act as each. The model has none."""

SECRETS = ("pull", "tls", "seal", "clients")
"""What the site copies from the stack's vault: `edge-<site>-<name>`."""


def identities(
    name: str, *, scope: Scope, site: EdgeSite, resource_group: Input[str], parent: Resource
) -> dict[str, managedidentity.UserAssignedIdentity]:
    """One identity for each job, federated to exact subjects."""
    made: dict[str, managedidentity.UserAssignedIdentity] = {}
    for role, accounts in ACCOUNTS.items():
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-id-{role}",
            resource_name_=scope.names.of("id", f"edge-{site.name}-{role}"),
            resource_group_name=resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(parent),
        )
        before: Resource = identity
        for namespace, account in accounts:
            # One after the other: Entra takes no two changes of an identity at a time.
            before = managedidentity.FederatedIdentityCredential(
                f"{name}-{role}-{namespace}",
                federated_identity_credential_resource_name=f"{namespace}-{account}",
                resource_name_=identity.name,
                resource_group_name=resource_group,
                issuer=site.issuer,
                subject=f"system:serviceaccount:{namespace}:{account}",
                audiences=[AUDIENCE],
                opts=scope.options(parent, depends_on=[before]),
            )
        made[role] = identity
    return made


def grants(
    name: str,
    *,
    scope: Scope,
    site: EdgeSite,
    of: Mapping[str, managedidentity.UserAssignedIdentity],
    boundary: EdgeBoundary,
    registry: Registry,
    vault: KeyVault,
    parent: Resource,
) -> None:
    """What a stolen box could reach until it is struck off: its releases, its records, four secrets of its own."""
    boundary.store.grant_read(f"{site.name}-releases", of["source"], RELEASES)
    boundary.store.grant_read(f"{site.name}-prompts", of["prompts"], PROMPTS)
    boundary.store.grant_write(f"{site.name}-audit", of["gateway"], audit_container(site))
    registry.grant_pull(f"edge-{site.name}", of["source"])
    for secret in SECRETS:
        grant(
            f"{name}-{secret}",
            scope=scope,
            on=Output.concat(vault.vault.id, f"/secrets/edge-{site.name}-{secret}"),
            to=of["secrets"].principal_id,
            role=Role.SECRETS_USER,
            parent=parent,
        )


def pull_token(
    name: str, *, scope: Scope, site: EdgeSite, registry: Registry, resource_group: Input[str], parent: Resource
) -> containerregistry.Token:
    """A token of one site that reads images below `edge/`; without a password it opens nothing.

    Wildcards in scope maps: learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-
    permissions.
    """
    reads = containerregistry.ScopeMap(
        f"{name}-images",
        scope_map_name=f"edge-{site.name}",
        registry_name=registry.registry.name,
        resource_group_name=resource_group,
        description=f"Images of edge site {site.name}, to read.",
        actions=["repositories/edge/*/content/read"],
        opts=scope.options(parent),
    )
    return containerregistry.Token(
        f"{name}-token",
        token_name=f"edge-{site.name}",
        registry_name=registry.registry.name,
        resource_group_name=resource_group,
        scope_map_id=reads.id,
        status="enabled",
        opts=scope.options(parent),
    )


def values(
    *,
    scope: Scope,
    site: EdgeSite,
    of: Mapping[str, managedidentity.UserAssignedIdentity],
    blob_endpoint: Input[str],
    vault: KeyVault,
    endpoints: str,
) -> dict[str, Input[str]]:
    """Every `${...}` of the manifests under `edge/`; a test holds the two against each other."""
    images = site.images
    return {
        "registry": f"{scope.config.registry_name}.{scope.jurisdiction.cloud.suffixes['registry']}",
        "release": site.release,
        "overlay": {"cpu": "site", "gpu": "gpu"}[site.accelerator],
        "site": site.name,
        "jurisdiction": scope.jurisdiction.id,
        "environment": scope.environment,
        "tenant_id": scope.config.tenant_id,
        "offline_hours": str(site.offline_hours),
        "requests_per_hour": str(site.requests_per_hour),
        "spool_gib": str(site.spool_gib),
        "spool_bytes": str(site.spool_bytes),
        "storage_class": site.storage_class,
        "host": site.host,
        "clients": str(site.clients),
        "endpoints": endpoints,
        "proxy": str(site.proxy),
        "vault": vault.vault.name,
        "blob_endpoint": blob_endpoint,
        "model_server_digest": images.model_server,
        "weights_digest": images.weights,
        "gateway_digest": images.gateway,
        "forwarder_digest": images.forwarder,
        "prompts_digest": images.prompts,
        "model_name": site.model.name,
        "model_revision": site.model.revision,
        "model_sha256": site.model.sha256,
        "prompt_path": f"{site.prompt.name}/{site.prompt.version}.txt",
        "prompt_sha256": site.prompt.sha256,
        "context": str(site.context),
        "cpu": site.cpu,
        "memory": site.memory,
        **{f"{role}_client_id": of[role].client_id for role in ("gateway", "prompts", "secrets")},
    }
