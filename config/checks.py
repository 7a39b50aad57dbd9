"""What no single section can know: checks between sections, and against the jurisdiction.

Each check takes the sections that are well-formed and is skipped where one it needs is not.
"""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any, Literal

from config.callers import (
    callers_are_told_apart,
    callers_ask_for_what_is_served,
    callers_speak_for_one_tenant,
    standby_has_the_firsts_callers,
    standby_takes_the_firsts_tokens,
    who_reidentifies_sends_identifiers,
)
from config.canary import canaries_are_candidates, canaries_fit_the_gpus
from config.continuity import (
    SECOND,
    dials_of_their_mode,
    edge_reaches_the_pair,
    pair_of_stacks,
    second_region_inside,
    standby_stands_by,
)
from config.faults import Fault, crossed_bounds
from config.gateway import Gateway, detector_fits_beside, gateway_has_bounds
from config.image_verification import ImageVerification, signers_are_told_apart
from config.origins import origins_are_called_from
from config.retrieval import Retrieval, replicas_have_bounds
from config.sections import (
    STAYS_INSIDE,
    Cluster,
    ConfidentialVms,
    Egress,
    Gpu,
    Keys,
    Network,
    People,
    Portal,
    Retention,
    UseCase,
)
from config.tenants import tenants_are_told_apart, tenants_fit_the_gpus, tried_for_all
from jurisdictions import Jurisdiction

TRANSFER_LAW = ("GDPR Art. 44", "ISO 27001 A.5.34")
"""Transfers outside need a ground of their own; a region outside is a transfer."""

_CHECKS: list[tuple[tuple[str, ...], Callable[..., Iterator[Fault]]]] = []


def _needs(*sections: str) -> Callable[[Callable[..., Iterator[Fault]]], Callable[..., Iterator[Fault]]]:
    def register(function: Callable[..., Iterator[Fault]]) -> Callable[..., Iterator[Fault]]:
        _CHECKS.append((sections, function))
        return function

    return register


def check(sections: Mapping[str, Any]) -> list[Fault]:
    """All faults between the sections at hand."""
    return [
        fault
        for needed, function in _CHECKS
        if all(name in sections for name in needed)
        for fault in function(*(sections[name] for name in needed))
    ]


@_needs("stack", "jurisdiction", "environment")
def _stack_says_where(stack: str, jurisdiction: Jurisdiction, environment: str) -> Iterator[Fault]:
    expected = f"{jurisdiction.id}-{environment}"
    if stack.removesuffix(SECOND) != expected:
        yield Fault(
            key="bailiwick:jurisdiction",
            value=f"'{jurisdiction.id}', '{environment}' in stack '{stack}'",
            problem="the stack's name names another jurisdiction or environment",
            allowed=f"a stack named {expected}, or {expected}{SECOND} in the second region",
            consequence="the packs read from every URN whose law applies, and would apply the wrong one",
            hint=f"rename the file to Pulumi.{expected}.yaml, or mend bailiwick:jurisdiction and bailiwick:environment",
        )


@_needs("network")
def _address_plan(network: Network) -> Iterator[Fault]:
    ranges = {
        "addressSpace": (network.address_space, 20),
        "podCidr": (network.pod_cidr, 18),
        "serviceCidr": (network.service_cidr, 24),
    }
    for key, (cidr, widest) in ranges.items():
        if cidr.prefixlen > widest:
            yield _range(key, cidr, "too small", f"/{widest} or wider")
        if not any(cidr.subnet_of(IPv4Network(block)) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")):
            yield _range(key, cidr, "not a private range", "a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    for (one, (left, _)), (other, (right, _)) in combinations(ranges.items(), 2):
        if left.overlaps(right):
            yield _range(f"{one}, {other}", left, f"overlaps with {right}", "ranges that share no address")


def _range(key: str, cidr: IPv4Network, problem: str, allowed: str) -> Fault:
    return Fault(
        key=f"bailiwick:network.{key}",
        value=str(cidr),
        problem=problem,
        allowed=allowed,
        consequence="packets for one range go to the other, or the subnets don't fit",
        hint="for example addressSpace 10.40.0.0/20, podCidr 10.128.0.0/14, serviceCidr 10.41.0.0/20",
    )


@_needs("region", "jurisdiction", "stack")
def _region_inside(region: str, jurisdiction: Jurisdiction, stack: str) -> Iterator[Fault]:
    if region not in jurisdiction.regions:
        yield Fault(
            key="bailiwick:region",
            value=f"'{region}'",
            problem=f"outside jurisdiction {jurisdiction.id}",
            allowed=", ".join(jurisdiction.regions),
            consequence="every regional resource, and all data in it, would lie under another law",
            hint=f"set bailiwick:region in Pulumi.{stack}.yaml to one of these",
            kind="unlawful",
            law=TRANSFER_LAW,
        )


@_needs("region", "jurisdiction", "gpu", "environment")
def _gpu_offered(region: str, jurisdiction: Jurisdiction, gpu: Gpu | None, environment: str) -> Iterator[Fault]:
    facts = jurisdiction.regions.get(region)
    if gpu is None or facts is None:
        return
    offered = facts.confidential_gpu_sizes if gpu.confidential else facts.gpu_sizes
    if gpu.size not in offered:
        kind = "confidential GPU" if gpu.confidential else "GPU"
        elsewhere = [
            name
            for name, other in jurisdiction.regions.items()
            if gpu.size in (other.confidential_gpu_sizes if gpu.confidential else other.gpu_sizes)
        ]
        yield Fault(
            key="bailiwick:gpu.size",
            value=f"'{gpu.size}' in {region}",
            problem=f"the region does not offer this {kind} size",
            allowed=", ".join(offered) or f"no {kind} size in {region}",
            consequence="the pool can't be made; Azure says so some minutes into the deployment",
            hint=f"move to {' or '.join(elsewhere)}" if elsewhere else "take a lower tier, as a recorded exception",
        )
    if gpu.spot and environment == "prod":
        yield Fault(
            key="bailiwick:gpu.spot",
            value="true",
            problem="spot capacity in prod",
            allowed="false in prod",
            consequence="the clinical service stops whenever Azure takes the GPU back",
            hint="remove bailiwick:gpu.spot",
            kind="unlawful",
            law=("GDPR Art. 32", "NIS2 Art. 21"),
        )
    if gpu.min > gpu.max:
        yield crossed_bounds("bailiwick:gpu.min", "max", gpu.min, gpu.max)
    if gpu.confidential and gpu.driver != "None":
        yield Fault(
            key="bailiwick:gpu.driver",
            value=f"'{gpu.driver}'",
            problem="AKS can't install the driver of a confidential GPU",
            allowed="'None'; the GPU operator brings the signed driver",
            consequence="the GPU does not attest and is not usable",
            hint="set bailiwick:gpu.driver to None",
        )


@_needs("cluster", "jurisdiction", "region")
def _cluster_consistent(cluster: Cluster, jurisdiction: Jurisdiction, region: str) -> Iterator[Fault]:
    facts = jurisdiction.regions.get(region)
    pools = {"systemPool": cluster.system_pool, "workloadPool": cluster.workload_pool}
    confidential = facts.confidential_vm_sizes if facts else ()
    for key, pool in pools.items():
        if pool.min > pool.max:
            yield crossed_bounds(f"bailiwick:cluster.{key}.min", "max", pool.min, pool.max)
        if cluster.fips and pool.size in confidential:
            yield Fault(
                key="bailiwick:cluster.fips",
                value="true",
                problem=f"FIPS nodes are not to be had on {pool.size}",
                allowed="fips false with confidential sizes, or an ordinary size with fips",
                consequence="AKS refuses the pool",
                hint="decide which of the two this stack needs; memory encryption is what level 3 asks for",
            )


@_needs("confidential_vms", "jurisdiction", "region")
def _confidential_offered(vms: ConfidentialVms | None, jurisdiction: Jurisdiction, region: str) -> Iterator[Fault]:
    facts = jurisdiction.regions.get(region)
    if vms is not None and facts is not None and vms.size not in facts.confidential_vm_sizes:
        yield _confidential_size("confidentialVms.size", vms.size, region, facts.confidential_vm_sizes)


def _confidential_size(key: str, size: str, region: str, offered: tuple[str, ...]) -> Fault:
    return Fault(
        key=f"bailiwick:{key}",
        value=f"'{size}' in {region}",
        problem="not a confidential size that the region is recorded to offer",
        allowed=", ".join(offered) or f"none in {region}",
        consequence="memory is not encrypted, or the machine can't be made",
        hint="take one of these; jurisdictions/ records source and date of the fact",
    )


@_needs("portal", "jurisdiction", "region", "stack")
def _portal_lawful(portal: Portal, jurisdiction: Jurisdiction, region: str, stack: str) -> Iterator[Fault]:
    outside = [code for code in portal.countries if code not in jurisdiction.portal_countries]
    if outside and portal.mode != "none":
        yield Fault(
            key="bailiwick:portal.countries",
            value=", ".join(outside),
            problem=f"not among the countries that jurisdiction {jurisdiction.id} permits",
            allowed=", ".join(jurisdiction.portal_countries),
            consequence="visitors from there would reach patient data, and answers would be sent there",
            hint=f"remove {', '.join(outside)} from bailiwick:portal.countries in Pulumi.{stack}.yaml",
            kind="unlawful",
            law=TRANSFER_LAW,
        )
    facts = jurisdiction.regions.get(region)
    if portal.mode == "front-door" and facts is not None and not facts.front_door_private_link:
        yield Fault(
            key="bailiwick:portal.mode",
            value=f"'front-door' in {region}",
            problem="Front Door offers no Private Link origin in this region",
            allowed="regional or none here",
            consequence="the origin would be public, or reached through a region outside",
            hint="set bailiwick:portal.mode to regional",
        )


KEPT = (1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383)
"""Days, beyond two years, that a table of Log Analytics can be kept in all: terraform-provider-azurerm,
log_analytics_workspace_table, total_retention_in_days."""


def _kept(least: int) -> int:
    return least if least <= 730 else next(days for days in KEPT if days >= least)


@_needs("retention", "stack")
def _retention_to_be_had(retention: Retention, stack: str) -> Iterator[Fault]:
    if retention.audit_days > 730 and retention.audit_days not in KEPT:
        yield Fault(
            key="bailiwick:retention.auditDays",
            value=str(retention.audit_days),
            problem="not a time that Log Analytics keeps a table for",
            allowed=f"up to 730, or {', '.join(map(str, KEPT))}",
            consequence="Azure refuses the table some minutes into the deployment",
            hint=f"set bailiwick:retention.auditDays to {_kept(retention.audit_days)} in Pulumi.{stack}.yaml",
        )


@_needs("retention", "jurisdiction", "stack")
def _retention_long_enough(retention: Retention, jurisdiction: Jurisdiction, stack: str) -> Iterator[Fault]:
    least = jurisdiction.retention.audit_log_days_min
    if retention.audit_days < least:
        yield Fault(
            key="bailiwick:retention.auditDays",
            value=str(retention.audit_days),
            problem=f"under the minimum of jurisdiction {jurisdiction.id}",
            allowed=f"{least} days or more ({jurisdiction.retention.source})",
            consequence="the audit trail ends before the law allows it to",
            hint=f"set bailiwick:retention.auditDays to {_kept(least)} in Pulumi.{stack}.yaml",
            kind="unlawful",
            law=("GDPR Art. 5(2)", "HIPAA § 164.316(b)(2)", "ISO 27001 A.8.15"),
        )


_needs("continuity", "region", "jurisdiction", "stack")(second_region_inside)
_needs("continuity", "stack")(dials_of_their_mode)
_needs("continuity", "stack")(pair_of_stacks)
_needs("continuity", "region", "jurisdiction", "stack", "portal")(standby_stands_by)
_needs("continuity", "region", "jurisdiction", "stack", "portal")(edge_reaches_the_pair)
_needs("callers", "stack")(callers_are_told_apart)
_needs("image_verification")(signers_are_told_apart)
_needs("callers", "use_cases", "stack")(callers_ask_for_what_is_served)
_needs("callers", "stack")(who_reidentifies_sends_identifiers)
_needs("continuity", "callers", "stack")(standby_has_the_firsts_callers)
_needs("continuity", "stack")(standby_takes_the_firsts_tokens)
_needs("callers", "tenants", "stack")(callers_speak_for_one_tenant)
_needs("use_cases", "tenants", "stack")(tenants_are_told_apart)
_needs("use_cases", "tenants", "gpu", "stack")(tenants_fit_the_gpus)
_needs("use_cases", "tenants", "stack")(tried_for_all)
_needs("use_cases", "stack")(canaries_are_candidates)
_needs("use_cases", "gpu", "stack")(canaries_fit_the_gpus)
_needs("gateway", "tenants", "portal", "continuity", "stack")(origins_are_called_from)
_needs("retrieval")(replicas_have_bounds)
_needs("gateway")(gateway_has_bounds)
_needs("gateway", "cluster", "environment", "stack")(detector_fits_beside)


@_needs("egress", "use_cases", "jurisdiction", "stack")
def _nothing_goes_outside_unasked(
    egress: Egress, use_cases: tuple[UseCase, ...], jurisdiction: Jurisdiction, stack: str
) -> Iterator[Fault]:
    if egress.external_models and not jurisdiction.external_models:
        yield Fault(
            key="bailiwick:egress.externalModels",
            value=", ".join(model.host for model in egress.external_models),
            problem=f"jurisdiction {jurisdiction.id} allows no external model",
            allowed="none",
            consequence="requests would leave the boundary",
            hint=f"remove bailiwick:egress.externalModels from Pulumi.{stack}.yaml",
            kind="unlawful",
            law=TRANSFER_LAW,
        )
    if egress.external_models and not egress.tls_inspection:
        yield Fault(
            key="bailiwick:egress.tlsInspection",
            value="false",
            problem="an external model is allowed, and nobody looks at what is sent to it",
            allowed="true where there is an external model",
            consequence="health data could leave inside an encrypted request",
            hint=f"set bailiwick:egress.tlsInspection to true in Pulumi.{stack}.yaml",
        )
    for item in use_cases:
        if item.external_allowed and (not egress.external_models or STAYS_INSIDE & set(item.data_classes)):
            yield Fault(
                key=f"bailiwick:useCases.{item.name}.externalAllowed",
                value="true",
                problem="no external model is approved, or the use case has data of persons or cards",
                allowed="true only for data without a person or a card, where egress.externalModels names a model",
                consequence="the gateway would be told to send what must stay",
                hint=f"set bailiwick:useCases.{item.name}.externalAllowed to false in Pulumi.{stack}.yaml",
                kind="unlawful",
                law=TRANSFER_LAW,
            )


@_needs("keys", "people", "jurisdiction", "environment")
def _custody(
    keys: Keys, people: People, jurisdiction: Jurisdiction, environment: Literal["prod", "dev"]
) -> Iterator[Fault]:
    required = jurisdiction.key_custody.get(environment)
    if required == "managed-hsm" and keys.custody != "managed-hsm":
        yield Fault(
            key="bailiwick:keys.custody",
            value=f"'{keys.custody}'",
            problem=f"jurisdiction {jurisdiction.id} asks for more in {environment}",
            allowed="managed-hsm",
            consequence="the cloud's operator shares custody of the keys to patient data",
            hint="set bailiwick:keys.custody to managed-hsm",
            kind="unlawful",
            law=("GDPR Art. 32", "ISO 27001 A.8.24"),
        )
    if keys.custody == "managed-hsm" and len(people.hsm_administrators) < 3:
        yield Fault(
            key="bailiwick:people.hsmAdministrators",
            value=f"{len(people.hsm_administrators)} administrators",
            problem="too few for a quorum",
            allowed="three or more Entra object ids",
            consequence="one lost key holder locks every key, and with it all data, for ever",
            hint="name three persons of different teams",
        )


@_needs("use_cases", "gpu")
def _models_fit(use_cases: tuple[UseCase, ...], gpu: Gpu | None) -> Iterator[Fault]:
    names = [item.name for item in use_cases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(
            key="bailiwick:useCases",
            value=f"'{name}' twice",
            problem="a use case names two models",
            allowed="one entry per use case",
            consequence="two workloads claim one namespace",
            hint="give the second its own name",
        )
    for item in use_cases:
        if item.gpus and gpu is None:
            yield Fault(
                key=f"bailiwick:useCases.{item.name}.gpus",
                value=str(item.gpus),
                problem="asks for GPUs in a stack without a GPU pool",
                allowed="0, or a bailiwick:gpu section",
                consequence="the pods wait for ever",
                hint="set gpus to 0 or add bailiwick:gpu",
            )
        if item.replicas_min > item.replicas_max:
            low, high = item.replicas_min, item.replicas_max
            yield crossed_bounds(f"bailiwick:useCases.{item.name}.replicasMin", "replicasMax", low, high)


@_needs("registry_name", "use_cases", "gateway", "retrieval", "gpu", "jurisdiction")
def _images_from_our_registry(
    registry_name: str,
    use_cases: tuple[UseCase, ...],
    gateway: Gateway,
    retrieval: Retrieval,
    gpu: Gpu | None,
    jurisdiction: Jurisdiction,
) -> Iterator[Fault]:
    host = f"{registry_name}.{jurisdiction.cloud.suffixes['registry']}"
    images = {f"useCases.{item.name}.image": item.image for item in use_cases} | {"gateway.image": gateway.image}
    images |= {f"useCases.{i.name}.canary.image": i.canary.image for i in use_cases if i.canary and i.canary.image}
    images["retrieval.image"] = retrieval.image
    if gateway.detector is not None:
        images["gateway.detector.image"] = gateway.detector.image
    if gpu is not None:
        images |= {"gpu.devicePlugin": gpu.device_plugin, "gpu.dcgmExporter": gpu.dcgm_exporter}
    yield from _foreign(images, host)


@_needs("registry_name", "image_verification", "jurisdiction")
def _verifier_from_our_registry(
    registry_name: str, verification: ImageVerification, jurisdiction: Jurisdiction
) -> Iterator[Fault]:
    host = f"{registry_name}.{jurisdiction.cloud.suffixes['registry']}"
    yield from _foreign({"imageVerification.image": verification.image}, host)


def _foreign(images: Mapping[str, str], host: str) -> Iterator[Fault]:
    for key, image in images.items():
        if not image.startswith(host + "/"):
            yield Fault(
                key=f"bailiwick:{key}",
                value=f"'{image.split('@')[0]}'",
                problem="not from this stack's registry",
                allowed=f"{host}/<repository>@sha256:<digest>",
                consequence="the nodes can't reach a foreign registry, and code from one is code of a third party",
                hint="import the image into the registry first, and name it by its digest there",
                kind="unlawful",
                law=("GDPR Art. 28", "ISO 27001 A.5.21"),
            )
