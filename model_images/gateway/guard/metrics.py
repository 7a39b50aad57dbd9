"""What is counted, under the names that dashboards, alerts and the canary's job ask for. No label holds content."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
CHARACTERS = (250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000)
IDENTIFIERS = (0, 1, 2, 5, 10, 20, 50)
TOKENS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
"""Upper edges: delivery/prometheus.py reads them as bins, and holds one month's share of each against another's."""


class Metrics:
    """One registry for one gateway."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        place = ("use_case", "variant")
        self.requests = Counter(
            "bailiwick_gateway_requests", "Requests, by status.", (*place, "tenant", "code"), registry=self.registry
        )
        self.refusals = Counter(
            "bailiwick_gateway_refusals", "Refused by a guard.", (*place, "guard"), registry=self.registry
        )
        self.canary_leaks = Counter(
            "bailiwick_gateway_canary_leaks",
            "Answers that told the canary of the system text.",
            (*place, "tenant"),
            registry=self.registry,
        )
        self.drafts = Counter(
            "bailiwick_gateway_drafts", "Drafts taken or corrected.", (*place, "verdict"), registry=self.registry
        )
        self.erased = Counter(
            "bailiwick_gateway_erased_tokens",
            "Tokens that left the vault on request, of a patient or of a conversation.",
            ("use_case", "of"),
            registry=self.registry,
        )
        self.first_token = Histogram(
            "bailiwick_gateway_first_token_seconds",
            "Time to the first token.",
            place,
            buckets=SECONDS,
            registry=self.registry,
        )
        self.prompt_length = Histogram(
            "bailiwick_gateway_prompt_characters",
            "Characters of a request's texts.",
            place,
            buckets=CHARACTERS,
            registry=self.registry,
        )
        self.identifiers = Histogram(
            "bailiwick_gateway_request_identifiers",
            "Identifiers in a request.",
            place,
            buckets=IDENTIFIERS,
            registry=self.registry,
        )
        self.languages = Counter(
            "bailiwick_gateway_prompt_languages", "Answered, by language.", (*place, "language"), registry=self.registry
        )
        self.records = Counter(
            "bailiwick_gateway_prompt_records",
            "Answered, by whether a record came with it.",
            (*place, "record"),
            registry=self.registry,
        )
        self.hours = Counter(
            "bailiwick_gateway_prompt_hours",
            "Answered, by hour of the day in UTC.",
            (*place, "hour"),
            registry=self.registry,
        )
        self.answer_length = Histogram(
            "bailiwick_gateway_answer_tokens",
            "Tokens of an answer, as the model counts them.",
            place,
            buckets=TOKENS,
            registry=self.registry,
        )
        self.finishes = Counter(
            "bailiwick_gateway_answer_finishes",
            "Answered, by why the model stopped.",
            (*place, "reason"),
            registry=self.registry,
        )
        self.guards = Histogram(
            "bailiwick_gateway_guard_seconds",
            "Time in a guard.",
            ("guard",),
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1),
            registry=self.registry,
        )
        self.found = Counter(
            "bailiwick_gateway_identifiers", "Identifiers replaced.", ("kind",), registry=self.registry
        )
        self.audit_failures = Counter(
            "bailiwick_gateway_audit_failures", "Audit records that could not be written.", registry=self.registry
        )
        self.database_failures = Counter(
            "bailiwick_gateway_database_failures",
            "Questions that the database of the token vault did not answer.",
            registry=self.registry,
        )
        self.breakers = Counter(
            "bailiwick_gateway_breakers_opened", "Breakers on volume that opened.", registry=self.registry
        )
        self.in_flight = Gauge("bailiwick_gateway_in_flight", "Requests not yet ended.", registry=self.registry)
        self.pinned = Gauge(
            "bailiwick_gateway_pinned_info",
            "What is in service.",
            ("use_case", "variant", "model", "revision", "prompt"),
            registry=self.registry,
        )
        self.accuracy_floor = Gauge(
            "bailiwick_gateway_accuracy_floor",
            "Least share of drafts that are accepted as they are.",
            place,
            registry=self.registry,
        )

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self.registry)
