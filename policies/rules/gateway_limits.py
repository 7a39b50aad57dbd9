"""How much one caller and one tenant may take of the gateway, whatever its settings say."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policies.config_maps import CONFIG, UNREADABLE, each_gateway
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.rules.fine_policies import GATEWAY
from policies.verdict import Verdict, refused, refused_for

PER_MINUTE = 30_000
"""Requests of all callers that a replica takes: model_images/gateway/envoy/filters.py."""
CEILINGS: Mapping[str, Mapping[str, int]] = {
    "caller": {"bytes": 10 << 30, "patients": 20_000, "reidentified": 1_000_000},
    "tenant": {"bytes": 40 << 30, "patients": 80_000, "reidentified": 4_000_000},
}
"""Where the dials end, in an hour: tests/config/test_gateway.py holds them against config/gateway.py."""


@stack_rule(
    "workload.gateway-ceilings-hold",
    title="No caller and no tenant may take more of the gateway in an hour than a ceiling that opens its breaker",
    severity=Severity.HIGH,
    applies_to=(CONFIG,),
    fix="set bailiwick:gateway.ceilings and callerPerMinute within what docs/reference/config.md names",
    example="gateway settings whose caller may ask for a million patients in an hour",
)
def ceilings_hold(stack: StackUnderReview) -> Iterable[Judged]:
    """A ceiling above all that there is, is none: a stolen credential takes it before a baseline is learnt."""
    return each_gateway(stack, _held, GATEWAY)


def _held(told: Mapping[str, Any]) -> Verdict:
    try:
        return refused_for(_over(told, dict(told.get("volume", {}))))
    except (ValueError, TypeError, AttributeError):
        return refused(UNREADABLE)


def _over(told: Mapping[str, Any], volume: Mapping[str, Any]) -> Iterator[str]:
    """Left out, the gateway's own numbers hold, which are a tenth of these."""
    if not _within(told.get("callerPerMinute", 1), PER_MINUTE):
        yield f"callerPerMinute is {told.get('callerPerMinute')}; at most {PER_MINUTE}"
    for whose, most in CEILINGS.items():
        own = volume.get(whose, {})
        for measure, number in most.items():
            if not _within(own.get(measure, 1), number):
                yield f"volume.{whose}.{measure} is {own.get(measure)}; at most {number}"


def _within(number: object, most: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 < number <= most
