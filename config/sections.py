"""The sections of a stack file, each a frozen model. Units and sources are in the descriptions.

The descriptions are printed in `docs/reference/config.md`; `consequence` is what a fault's message tells.
"""

import re
from collections.abc import Mapping
from datetime import date
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from config.quantity import Quantity

IMAGE_BY_DIGEST = re.compile(r"^[a-z0-9.-]+(:[0-9]+)?/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$")

DataClass = Literal["public", "internal", "confidential", "personal", "phi", "payment"]
"""Classes of data in requests. `payment` is card data, not the purpose of that name: the purpose is billing. It is no
class of a store: what the platform keeps of any request lies in places of class `phi`, the strictest there is."""
STAYS_INSIDE: frozenset[DataClass] = frozenset({"personal", "phi", "payment"})
"""Classes that no external model is shown. The rule's list is the same: tests/config/test_payment_data.py."""


class Section(BaseModel):
    """Frozen, strict about keys, camelCase in the file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, coerce_numbers_to_str=True
    )


def dial(description: str, consequence: str, **constraints: Any) -> Any:  # noqa: ANN401 pydantic's Field is typed so
    """A field with the text that documentation and fault messages share."""
    return Field(description=description, json_schema_extra={"consequence": consequence}, **constraints)


def _pinned(image: str) -> str:
    if not IMAGE_BY_DIGEST.match(image):
        raise ValueError("an image is registry/repository@sha256:<64 hex digits>; a tag can be moved")
    return image


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError("a day is written as 2026-12-31") from error


Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", to_lower=True)]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")]
Origin = Annotated[
    str,
    StringConstraints(
        pattern=r"^https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9][0-9]{1,4})?$"
    ),
]
"""As a browser sends it: scheme, host, a port other than 443; no path (rfc-editor.org/rfc/rfc6454, section 6.2)."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
PinnedImage = Annotated[str, AfterValidator(_pinned)]
Parser = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
"""As model_images/vllm/settings.py reads it."""
VmSize = Annotated[str, StringConstraints(pattern=r"^Standard_[A-Za-z0-9_]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
StackName = Annotated[str, StringConstraints(pattern=r"^[a-z]+-(prod|dev)(-b)?$")]
Label = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$")]

_MOVES = "the address plan can't be carved, and a later change replaces the network with all that stands in it"


class Network(Section):
    """The address plan and the protection of the edge."""

    address_space: IPv4Network = dial("The VNet's CIDR, /20 or wider, from RFC 1918.", _MOVES)
    pod_cidr: IPv4Network = dial("Overlay addresses of pods; disjoint from the other two.", _MOVES)
    service_cidr: IPv4Network = dial("Cluster IPs of services, /24 or wider; disjoint from the other two.", _MOVES)
    ddos_protection: bool = dial(
        "DDoS network protection (a plan is billed per tenant and month).",
        "without it only the free infrastructure protection stands before the public addresses",
        default=False,
    )


class Pool(Section):
    """A node pool's size and its autoscaler's bounds."""

    size: VmSize = dial("Azure VM size.", "the pool can't be made")
    min: int = dial("Fewest nodes.", "the autoscaler has no floor", ge=0, le=100)
    max: int = dial("Most nodes.", "the autoscaler has no ceiling, nor has the bill", ge=1, le=100)


class Cluster(Section):
    """The Kubernetes cluster."""

    kubernetes_version: Annotated[str, StringConstraints(pattern=r"^1\.\d{2}$")] = dial(
        "Minor version; patch versions arrive by the upgrade channel.", "the cluster can't be made"
    )
    tier: Literal["Standard", "Premium"] = dial(
        "AKS tier: Standard has the uptime SLA, Premium adds long-term support.",
        "the free tier has no SLA for the API server",
        default="Standard",
    )
    system_pool: Pool = dial("Nodes of the system pool.", "the cluster has no place for its own components")
    workload_pool: Pool = dial(
        "Nodes of the gateway, and of models served on CPU; a confidential size in prod.",
        "nothing that sees a request has a place to run",
    )
    fips: bool = dial(
        "FIPS 140 validated modules on the nodes; not to be had on confidential sizes.",
        "nodes use modules without validation",
        default=False,
    )
    network_isolated: bool = dial(
        "No outbound path at all; nodes bootstrap from the registry's cache.",
        "nodes reach the few addresses that the firewall names",
        default=False,
    )


class Gpu(Pool):
    """The GPU pool that serves the models."""

    confidential: bool = dial(
        "GPU in a trusted execution environment (Standard_NCC40ads_H100_v5).",
        "patient data is in clear in the GPU's memory",
        default=False,
    )
    driver: Literal["Install", "None"] = dial(
        "Who installs the driver: AKS, or the signed one of the GPU operator (confidential GPUs).",
        "the nodes come up without a usable GPU",
        default="Install",
    )
    spot: bool = dial("Evictable capacity; dev only.", "the model disappears when Azure wants its GPU", default=False)
    device_plugin: PinnedImage = dial(
        "NVIDIA's device plugin, by digest, in the stack's own registry: it tells the kubelet of its node's GPUs.",
        "no pod is given a GPU",
    )
    dcgm_exporter: PinnedImage = dial(
        "NVIDIA's DCGM exporter, by digest, in the stack's own registry: numbers and faults of the GPUs.",
        "a GPU that computes wrongly is noticed by whoever reads the answer",
    )


class ConfidentialVms(Section):
    """Confidential virtual machines of your own, the "machine inside" of runbooks; the platform uses none."""

    size: VmSize = dial("A DCasv5/DCadsv5/DCasv6/ECasv5 size.", "identifiers are in clear in memory")
    count: int = dial("How many, spread over the zones.", "none, or no second one when a zone fails", ge=1, le=9)
    image_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d{9}$")] = dial(
        "Exact version of Canonical's confidential Ubuntu 24.04 image (`az vm image list --sku cvm --all`).",
        "a machine that is to hold names may start from other code tomorrow",
    )
    ssh_public_key: Annotated[str, StringConstraints(pattern=r"^ssh-(ed25519|rsa) [A-Za-z0-9+/=]+( \S+)?$")] = dial(
        "Break-glass key's public half. No rule lets SSH in: opening one is an audited change.",
        "Azure makes no Linux machine without a key or a password",
    )


class Model(Section):
    """Which weights: name, revision and checksum together say exactly what runs."""

    name: str = dial("Name under which the weights lie in the store.", "nobody can say which model answered")
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] = dial(
        "Commit of the model's repository, 40 hex digits.", "the model may change under a running system"
    )
    sha256: Sha256 = dial("SHA-256 of the weights' manifest.", "altered weights would be served")


class Prompt(Section):
    """Which prompt template: name, version and checksum say exactly what a model is told."""

    name: Label = dial("Name of the template.", "nobody can say what the model was told")
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] = dial(
        "Version, as 1.4.0; it is a snapshot of the prompt store.", "a template may change under a running system"
    )
    sha256: Sha256 = dial("SHA-256 of the template's text.", "an altered template would be used")


class Canary(Section):
    """A candidate beside what a use case serves: a share of requests goes to it while it is watched.

    What it leaves out is as the use case has it. It has no classes of data of its own: it can't widen anything.
    """

    change: Label = dial(
        "Id of its change record, `changes/<id>.yaml`.", "nobody can say who let this version near a patient"
    )
    model: Model | None = dial("The candidate's model, where it is another.", "nothing to try", default=None)
    prompt: Prompt | None = dial(
        "The candidate's prompt template, where it is another.", "nothing to try", default=None
    )
    image: PinnedImage | None = dial(
        "The candidate's model server, by digest, where it is another.", "nothing to try", default=None
    )
    way_back: bool = dial(
        "It is the version that was active before: warm, approved, without requests until what is active fails.",
        "a version that fails is served until people have changed the stack",
        default=False,
    )
    steps: tuple[Annotated[int, Field(ge=1, le=100)], ...] = dial(
        "Percent of requests, step by step: each more than the one before, none but the last over 50.",
        "nobody knows how many patients a candidate may answer",
        min_length=1,
        max_length=10,
    )
    step_minutes: int = dial(
        "Least minutes of each step; a step that is not decided in four times that is rolled back.",
        "a candidate is promoted before anything is known of it",
        ge=15,
        le=10_080,
        default=60,
    )
    until: Annotated[str, AfterValidator(_day)] = dial(
        'Its last day, in quotes ("2026-12-31"); no later than its change record\'s.',
        "a trial that everybody forgot goes on",
    )
    replicas_min: int = dial("Fewest replicas of the candidate.", "a restart is an outage", ge=1, le=16)
    replicas_max: int = dial("Most replicas of the candidate.", "no ceiling on GPUs", ge=1, le=16)


class UseCase(Section):
    """One model served for one clinical use case."""

    name: Label = dial("Name of the use case; becomes a namespace.", "requests can't be told apart in the audit")
    model: Model = dial("The model.", "nothing to serve")
    prompt: Prompt = dial("The prompt template.", "what the model is told may change under a running system")
    data_classes: tuple[DataClass, ...] = dial(
        "Classes of data that requests may hold. With payment, which is card data, PCI DSS is in force for the stack.",
        "the gateway can't tell what to refuse",
        min_length=1,
    )
    external_allowed: bool = dial(
        "Whether requests without health, personal or card data may go to an approved external model.",
        "a request may leave the boundary",
        default=False,
    )
    first_token_ms: int = dial(
        "Objective: 95th percentile of the time to the first token, in milliseconds.",
        "nobody notices that clinicians wait",
        ge=50,
        le=60_000,
    )
    accuracy_floor: float = dial(
        "Least accuracy of the evaluation set, from 0 to 1; a model below it is not promoted.",
        "a worse model replaces a better one",
        ge=0,
        le=1,
    )
    image: PinnedImage = dial("Model server's image, by digest.", "the code that sees patient data may change unseen")
    replicas_min: int = dial("Fewest replicas.", "a restart is an outage", ge=1, le=64)
    replicas_max: int = dial("Most replicas.", "no ceiling on GPUs", ge=1, le=64)
    gpus: int = dial("GPUs of each replica; 0 serves on CPU.", "the model doesn't fit", ge=0, le=8)
    max_model_len: int = dial("Context, in tokens.", "the key-value cache outgrows the GPU", ge=256, le=1_048_576)
    concurrency: int = dial(
        "Requests that a replica answers at once; more wait. The plan holds that many of the longest context against "
        "the GPU's memory: `bailiwick models fit STACK`.",
        "requests push each other's key-value cache out, and every clinician waits",
        ge=1,
        le=1024,
        default=4,
    )
    tool_call_parser: Parser | None = dial(
        "vLLM's parser of this model's tool calls (docs.vllm.ai, Tool Calling). Without one the server answers no "
        "request with tools, unless it names the tool.",
        "tools are promised and every request with them fails",
        default=None,
    )
    reasoning_parser: Parser | None = dial(
        "vLLM's parser of this model's reasoning (docs.vllm.ai, Reasoning Outputs), where it writes any.",
        "what a model thinks aloud is shown as its answer",
        default=None,
    )
    cpu: Quantity = dial("CPU request and limit, as Kubernetes quantity.", "the pod starves or crowds out others")
    memory: Quantity = dial(
        "Memory request and limit, as Kubernetes quantity.", "the pod is killed while loading weights"
    )
    shared: bool = dial(
        "Tenants share its servers, and the salt of its prefix cache tells them apart; else each has its own.",
        "tenants that were promised servers of their own meet on one GPU",
        default=False,
    )
    canary: Canary | None = dial(
        "A candidate that is tried on a share of the requests.",
        "a new version meets every patient at once",
        default=None,
    )

    @property
    def candidate(self) -> "UseCase | None":
        """What the candidate serves, as a use case: all as it stands, but for what the canary changes."""
        if self.canary is None:
            return None
        canary = self.canary
        own = {
            "model": canary.model or self.model,
            "prompt": canary.prompt or self.prompt,
            "image": canary.image or self.image,
            "replicas_min": canary.replicas_min,
            "replicas_max": canary.replicas_max,
            "canary": None,
        }
        return self.model_copy(update=own)


class Database(Section):
    """The retrieval database."""

    size: VmSize = dial("Azure size of the flexible server, Standard_B… in dev alone.", "the server can't be made")
    storage_gb: int = dial("Storage in GiB, a power of two from 32.", "vectors don't fit", ge=32, le=32_768)


class ExternalModel(Section):
    """A model of somebody else's that may be asked about what is neither health nor personal data."""

    host: Host = dial("Its host, exactly.", "the firewall can't tell it from others")
    why: str = dial("Who approved it, and for what.", "nobody knows why data leaves", min_length=10)


class Egress(Section):
    """What leaves, and how it is looked at."""

    tls_inspection: bool = dial(
        "Open TLS at the firewall on the paths that leave by rule, with an intermediate authority from the stack's own "
        "vault (secret `inspection-ca`). Azure's own hosts are never opened: they pin their certificates.",
        "what leaves is seen by name alone",
        default=False,
    )
    external_models: tuple[ExternalModel, ...] = dial(
        "Approved external models for data without a person in it; only where the jurisdiction allows any.",
        "requests leave the boundary",
        default=(),
    )


class Objective(Section):
    """What is promised for one class of data, should the region be lost."""

    data_class: Literal["confidential", "personal", "phi"] = dial("The class.", "nobody knows what the promise is for")
    rpo_minutes: int = dial("Most minutes of work that may be lost.", "nobody knows what is lost", ge=15, le=10_080)
    rto_minutes: int = dial("Most minutes until it works again.", "nobody knows how long", ge=30, le=20_160)


class Continuity(Section):
    """A second region inside the border."""

    mode: Literal["none", "cold", "warm", "standby"] = dial(
        "`cold`: keys, copies and a replica in the region's pair; compute is built there when it is needed. "
        "`warm`: the same, and a second stack stands there, to which Front Door turns by itself. "
        "`standby`: this is that stack.",
        "a lost region is the end of the service",
        default="none",
    )
    objectives: tuple[Objective, ...] = dial("Promises by class of data.", "nobody promised anything", default=())
    standby: StackName | None = dial(
        "With `warm`: the stack in the pair, `<this stack>-b`.", "nobody knows where traffic goes", default=None
    )
    standby_subscription_id: Guid | None = dial(
        "With `warm`: the standby's subscription; without it, this stack's own.",
        "the edge asks for a private link service that is not there",
        default=None,
    )
    of: StackName | None = dial(
        "With `standby`: the stack whose place this one takes.",
        "a stack without copies says it needs none",
        default=None,
    )
    front_door: bool = dial(
        "With `standby`: whether the first stack's portal is Front Door, which reaches the gateway's listener for "
        "portals by private link.",
        "the edge finds nobody to turn to",
        default=False,
    )
    token_audience: Guid | None = dial(
        "With `standby`: client id of the first stack's gateway application, its output `tokenAudience`.",
        "callers come with tokens that this gateway refuses",
        default=None,
    )

    @property
    def copies(self) -> bool:
        """Whether keys, stores, registry and database are copied to the pair."""
        return self.mode in ("cold", "warm")


class Portal(Section):
    """How the internet reaches the gateway, if at all."""

    mode: Literal["front-door", "regional", "none"] = dial(
        "`front-door`: Azure Front Door Premium, whose edge ends TLS outside the boundary (a residency exception on "
        "record); `regional`: Application Gateway WAF v2 in the region; `none`: no way in from the internet.",
        "nobody has decided whether TLS may end outside the boundary",
    )
    host: Host = dial("Public DNS name.", "no certificate can be issued")
    countries: tuple[Country, ...] = dial(
        "ISO 3166-1 alpha-2 codes whose visitors are let in; a part of the jurisdiction's list.",
        "visitors from a country that the law does not cover reach patient data",
        min_length=1,
    )
    unknown_country: Literal["block", "allow"] = dial(
        "What happens to an address that no country is known for (`ZZ`).",
        "an allow-list with `ZZ` lets anonymised addresses through",
        default="block",
    )
    rate_limit_per_minute: int = dial("Requests per client address and minute.", "floods pass", ge=10, le=100_000)


class Retention(Section):
    """How long logs are kept, in days."""

    interactive_days: int = dial("Searchable at once.", "an incident is older than its evidence", ge=30, le=730)
    audit_days: int = dial(
        "Audit logs in all, archive included; at least the jurisdiction's minimum.",
        "the audit trail ends before the law allows it to",
        ge=90,
        le=4383,
    )


class Budget(Section):
    """When somebody is told what it costs."""

    monthly: int = dial("Amount per month, in the subscription's billing currency.", "no one is warned", ge=1)
    contacts: tuple[Mail, ...] = dial("Who is warned.", "no one is warned", min_length=1)


class People(Section):
    """Entra object ids of the groups and persons that the platform names. No user is named by mail address."""

    cluster_admin_group: Guid = dial("Group with administration of the cluster.", "the cluster has no administrator")
    security_group: Guid = dial("Group that owns incidents.", "incidents have no owner")
    hsm_administrators: tuple[Guid, ...] = dial(
        "Initial administrators of the managed HSM; three hold its security domain.",
        "one lost key holder locks every key for ever",
        default=(),
    )


PeopleRole = Literal["platform", "clinical-ml", "security", "auditor", "break-glass"]


class Runner(Section):
    """The place that deploys."""

    image: PinnedImage = dial(
        "Image with this project and the Pulumi engine, by digest, in the stack's own registry.",
        "what deploys may change unseen",
    )
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^\s*]+$")] = dial(
        "Issuer of the pipeline's tokens, such as https://token.actions.githubusercontent.com.",
        "the pipeline needs a secret, which can be copied",
    )
    subject: Annotated[str, StringConstraints(pattern=r"^[^\s*]+$")] = dial(
        "Subject of the pipeline's tokens, exactly: one repository and one environment.",
        "any repository in the world can start a preview",
    )


class Access(Section):
    """Who may ask for which rights, and who grants them."""

    approvers_group: Guid = dial(
        "Group whose members approve the activation of a right.", "whoever is eligible grants it to himself"
    )
    approvers_owner: Guid = dial(
        "Person who owns the groups and reviews the rights each quarter.", "rights pile up, and nobody notices"
    )
    eligible: Mapping[PeopleRole, tuple[Guid, ...]] = dial(
        "Persons' object ids by role; two at least for break-glass.", "nobody can get in when it matters", default={}
    )
    conditional_access: Literal["enforced", "report-only"] = dial(
        "Whether sign-in policies hold, or only tell what they would do (dev).",
        "a stolen password is enough to get in",
        default="enforced",
    )
    directory_logs: bool = dial(
        "Send the directory's sign-in and audit logs to this stack's workspace. They are the whole tenant's: one "
        "jurisdiction of a tenant takes them, by decision of the DPO.",
        "rules that watch sign-ins watch an empty table",
        default=True,
    )


class Governance(Section):
    """Where policy holds, and who runs its playbooks."""

    management_group: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._()-]{1,90}$")] | None = dial(
        "Management group of this jurisdiction; without one, policy is assigned to the stack's subscription.",
        "policy ends at the subscription's border",
        default=None,
    )
    sentinel_principal: Guid = dial(
        "Object id of the service principal 'Azure Security Insights' in the tenant (application "
        "98785600-1bb7-4fb9-b9fa-19afe2c8a360; `az ad sp show --id` tells).",
        "Sentinel may not start the playbook that quarantines",
    )


class Keys(Section):
    """Who keeps the keys."""

    custody: Literal["managed-hsm", "key-vault-premium"] = dial(
        "Managed HSM: single-tenant, the operator alone holds the security domain. Key Vault Premium: a shared HSM.",
        "the cloud's operator shares custody of the keys",
    )
