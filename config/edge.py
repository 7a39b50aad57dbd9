"""The section of one edge site: a clinic's own box, that answers while its line to the platform is cut."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from config.section import Host, Label, Section, dial
from config.use_case import Model, Prompt

MOST_OFFLINE_HOURS = 72
"""A long weekend. Arc itself asks for a connection every 30 days; longer than this nobody outside knows what a model
told patients: learn.microsoft.com/azure/azure-arc/kubernetes/conceptual-connectivity-modes."""

RECORD_BYTES = 4096
"""Bytes that one audit record may take in the spool."""

ExtensionName = Literal["flux", "policy", "certificates", "secrets", "defender"]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+(-[A-Za-z0-9.]+)?$")]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]+(m|Mi|Gi)?$")]


class EdgeImages(Section):
    """Digests of what runs at the site; the repositories are fixed, `edge/<name>` of the stack's registry."""

    model_server: Digest = dial("llama.cpp server.", "the code that sees patient data may change unseen")
    weights: Digest = dial("Image that carries the quantised weights (GGUF).", "no model at the site")
    gateway: Digest = dial("Gateway.", "the guard of patient data may change unseen")
    forwarder: Digest = dial("Forwarder of audit records.", "records stay at the site, or go elsewhere")
    prompts: Digest = dial("Cache of prompt templates.", "templates come from nowhere when the line is cut")


class EdgeSite(Section):
    """One site: an Arc-enabled cluster of a few nodes, or one."""

    name: Label = dial("Name of the site; part of names, at most 16 characters.", "sites can't be told apart")
    agent_certificate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{300,}={0,2}$")] = dial(
        "Public key of the site's Arc agents, base64 (docs/guides/edge-site.md says how it is made).",
        "the site can't prove to Arc that it is the site",
    )
    agent_version: Version = dial("Version of the Arc agents.", "the agents change on a day that nobody chose")
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+/[A-Za-z0-9/._-]+$")] = dial(
        "The site's OIDC issuer, as `az connectedk8s show` tells after --enable-oidc-issuer.",
        "workloads have no identity, and somebody will put a secret there",
    )
    extensions: Mapping[ExtensionName, Version] = dial(
        "Pinned version of each extension; `defender` where the cloud offers it.",
        "an extension changes while the site is cut off, and nobody can mend it",
    )
    release: Digest = dial("Digest of the manifests' OCI artifact, made of `edge/`.", "nobody knows what runs there")
    accelerator: Literal["cpu", "gpu"] = dial("Where the model runs.", "the model finds no processor", default="cpu")
    images: EdgeImages
    model: Model
    prompt: Prompt
    context: int = dial("Context, in tokens.", "the key-value cache outgrows the box", ge=256, le=32_768)
    cpu: Quantity = dial("CPU of the model server.", "the model crowds out the gateway")
    memory: Quantity = dial("Memory of the model server.", "the model is killed while it loads")
    offline_hours: int = dial(
        "How long the site answers without its line.",
        "nobody knows when the site should have stopped",
        ge=1,
        le=MOST_OFFLINE_HOURS,
    )
    requests_per_hour: int = dial(
        "Most requests that the gateway takes in an hour.",
        "the spool is too small for the time stated",
        ge=1,
        le=100_000,
    )
    spool_gib: int = dial("Size of the audit spool, GiB.", "requests are refused before the time is up", ge=1, le=1024)
    storage_class: Label = dial("Storage class whose volumes are encrypted on the box.", "a stolen disk can be read")
    host: Host = dial("DNS name of the gateway in the clinic's network.", "certificates can't be matched")
    clients: IPv4Network = dial("Addresses that may ask.", "the whole building may ask")
    proxy: IPv4Address = dial(
        "The site's outbound proxy (port 3128), which lets Microsoft's few names through and nothing else.",
        "a pod may send what it holds to anybody",
    )

    @property
    def spool_bytes(self) -> int:
        """What the gateway fills; a tenth is left to the file system, so that it refuses before the disk does."""
        return self.spool_gib * 2**30 * 9 // 10

    @model_validator(mode="after")
    def _short_and_large_enough(self) -> Self:
        if len(self.name) > 16:
            raise ValueError(f"the site's name '{self.name}' has {len(self.name)} characters; names of Azure allow 16")
        needed = self.offline_hours * self.requests_per_hour * RECORD_BYTES
        if needed > self.spool_bytes:
            raise ValueError(
                f"{self.offline_hours} hours of {self.requests_per_hour} requests fill {needed / 2**30:.1f} GiB of "
                f"spool, and of {self.spool_gib} GiB nine tenths are filled"
            )
        return self
