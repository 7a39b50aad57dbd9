"""What no single section can know: checks between sections, and against the jurisdiction.

Each check takes the sections that are well-formed and is skipped where one it needs is not.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from config.callers import (
    callers_are_told_apart,
    callers_ask_for_what_is_served,
    callers_speak_for_one_tenant,
    standby_has_the_firsts_callers,
    standby_takes_the_firsts_tokens,
    who_reidentifies_sends_identifiers,
)
from config.canary import canaries_are_candidates, canaries_fit_the_gpus
from config.cluster import cluster_consistent
from config.confidential import confidential_offered
from config.continuity import (
    dials_of_their_mode,
    edge_reaches_the_pair,
    pair_of_stacks,
    second_region_inside,
    standby_stands_by,
)
from config.egress import nothing_goes_outside_unasked
from config.faults import Fault
from config.gateway import detector_fits_beside, gateway_has_bounds
from config.gpu import gpu_offered
from config.image_verification import signers_are_told_apart
from config.keys import custody
from config.network import address_plan
from config.origins import origins_are_called_from
from config.own_images import images_from_our_registry, verifier_from_our_registry
from config.portal import portal_lawful
from config.region import region_inside, stack_says_where
from config.retention import retention_long_enough, retention_to_be_had
from config.retrieval import replicas_have_bounds
from config.tenants import tenants_are_told_apart, tenants_fit_the_gpus, tried_for_all
from config.use_case import models_fit

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


_needs("stack", "jurisdiction", "environment")(stack_says_where)
_needs("network")(address_plan)
_needs("region", "jurisdiction", "stack")(region_inside)
_needs("region", "jurisdiction", "gpu", "environment")(gpu_offered)
_needs("cluster", "jurisdiction", "region")(cluster_consistent)
_needs("confidential_vms", "jurisdiction", "region")(confidential_offered)
_needs("portal", "jurisdiction", "region", "stack")(portal_lawful)
_needs("retention", "stack")(retention_to_be_had)
_needs("retention", "jurisdiction", "stack")(retention_long_enough)
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
_needs("egress", "use_cases", "jurisdiction", "stack")(nothing_goes_outside_unasked)
_needs("keys", "people", "jurisdiction", "environment")(custody)
_needs("use_cases", "gpu")(models_fit)
_needs("registry_name", "use_cases", "gateway", "retrieval", "gpu", "jurisdiction")(images_from_our_registry)
_needs("registry_name", "image_verification", "jurisdiction")(verifier_from_our_registry)
