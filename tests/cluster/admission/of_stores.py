"""What volumes, settings and vaults hold."""

from collections.abc import Iterator

from tests.cluster.admission.case import Case, bad
from tests.cluster.admission.objects import keyed, settings, vault, weights
from tests.cluster.admission.planned import changed


def refused() -> Iterator[Case]:
    """Each in the words of its policy."""
    yield from bad(
        "weights",
        "a volume is a container of a store's",
        {
            "the node's disk": weights(csi=None, mountOptions=None, hostPath={"path": "/"}),
            "a share elsewhere": weights(csi=None, mountOptions=None, nfs={"server": "203.0.113.7", "path": "/"}),
        },
    )
    yield from bad(
        "weights",
        "a volume of weights is read-only, and kept",
        {
            "one that is written": weights(accessModes=["ReadWriteMany"]),
            "one that goes": weights(persistentVolumeReclaimPolicy="Delete"),
        },
    )
    yield from bad(
        "weights",
        "a volume is read with an identity",
        {
            "a key": keyed(),
        },
    )
    yield from bad(
        "settings",
        "the gateway serves this stack",
        {
            "another's": settings(lambda told: told.update(jurisdiction="us")),
            "a trial": settings(lambda told: told.update(environment="dev")),
        },
    )
    yield from bad(
        "settings",
        "the gateway calls models and retrieval, inside the cluster alone",
        {
            "passages from elsewhere": settings(lambda told: told.update(retrieval="https://elsewhere.example")),
            "another's passages": settings(
                lambda told: told.update(retrieval="http://retrieval.elsewhere.svc.cluster.local:8000")
            ),
            "retrieval's other port": settings(
                lambda told: told.update(retrieval="http://retrieval.retrieval.svc.cluster.local:9000")
            ),
            "a model elsewhere": settings(lambda told: told["models"].update(x="https://elsewhere.example/v1")),
            "a model at a page's host": settings(
                lambda told: told.update(models={"x": "https://page.example"}, origins=["https://page.example"])
            ),
            "pages by a pattern": settings(lambda told: told.update(origins=["https://*.example"])),
            "a page without encryption": settings(lambda told: told.update(origins=["http://page.example"])),
            "a provider": settings(
                lambda told: told["external_providers"].append({"url": "https://elsewhere.example"})
            ),
        },
    )
    yield from bad(
        "settings",
        "every listener of the gateway asks for a token",
        {
            "no token": settings(lambda told: told["listeners"]["portal"].update({"token": "none"})),
            "no certificate": settings(lambda told: told["listeners"]["partners"].update(client_certificate="none")),
            "another listener": settings(
                lambda told: told["listeners"].update(open={"port": 8445, "client_certificate": "none"})
            ),
        },
    )
    yield from bad(
        "settings",
        "each tenant's cache is salted by a file of its own from the vault",
        {
            "a salt in clear": settings(lambda told: told.update(tenants={"northern": {"cacheSalt": "0f0f"}})),
            "one salt for two": settings(
                lambda told: told.update(
                    tenants={key: {"cacheSalt": "/run/certificates/salt-northern"} for key in ("northern", "southern")}
                )
            ),
        },
    )
    yield from bad(
        "settings",
        "the gateway's settings are in one key",
        {
            "escapes": changed(
                "ConfigMap",
                "gateway",
                lambda made: made["data"].update(
                    {"gateway.json": made["data"]["gateway.json"].replace("http:", "\\u0068ttp:")}
                ),
            ),
        },
    )
    yield from bad(
        "vaults",
        "certificates come from the stack's own vault",
        {
            "another's": vault(keyvaultName="kv-somebody-elses"),
            "another tenant's": vault(tenantId="00000000-0000-0000-0000-000000000000"),
        },
    )
    yield from bad(
        "vaults",
        "what comes from the vault makes no Secret",
        {
            "the node's identity": vault(useVMManagedIdentity="true"),
        },
    )
