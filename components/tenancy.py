"""What the gateway is told of tenants: where each one's models are, and what salts its share of a prefix cache.

A model server keeps what it computed of a prompt's beginning for the next request that begins so; by the time of its
first token, one tenant could tell what another has asked. vLLM takes a `cache_salt` with a request: only requests of
the same salt share what is kept (docs.vllm.ai/en/latest/design/prefix_caching, cache isolation). The salt is a secret
of the tenant's in the vault of certificates, put there as certificates are (docs/guides/first-deployment.md): nothing
of it is in a plan or in a state. The gateway derives one salt for each use case and calling application from it, and
takes none from a caller.
"""

from collections.abc import Sequence

from config import StackConfig
from config.tenants import SHARED, Served, Tenant

MOUNT = "/run/certificates"
"""Where the gateway's certificates and salts are mounted."""


def salt(tenant: Tenant) -> str:
    """Name of the tenant's secret, and of the file that holds it."""
    return f"salt-{tenant.name}"


def models(served: Sequence[Served], tenant: str, port: int) -> dict[str, str]:
    """Addresses of a tenant's model servers, by use case."""
    return {
        one.item.name: f"https://vllm.{one.space}.svc.cluster.local:{port}" for one in served if one.tenant == tenant
    }


def tenants(config: StackConfig, port: int) -> dict[str, dict[str, object]]:
    """By tenant: its routes, its own servers' and those that it shares; its salt; the most that it may ask."""
    shared = models(config.served, SHARED, port)
    return {
        tenant.name: {
            "models": {
                **{name: url for name, url in shared.items() if name in tenant.use_cases},
                **models(config.served, tenant.name, port),
            },
            "cacheSalt": f"{MOUNT}/{salt(tenant)}",
            "requestsPerMinute": tenant.requests_per_minute,
            "origins": list(tenant.origins),
        }
        for tenant in config.tenants
    }
