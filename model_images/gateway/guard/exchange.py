"""One request on its way through the guards, and what each of them has decided."""

from dataclasses import dataclass, field
from typing import Any

from model_images.gateway.guard.endpoints import Endpoint
from model_images.gateway.guard.extension import Extension
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.pins import Pin
from model_images.gateway.guard.refusal import GuardFailed
from model_images.gateway.guard.route import Route
from model_images.gateway.guard.settings import DataClass
from model_images.gateway.guard.slots import Slot, Walk


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, from the token that Envoy has verified; and what they may ask."""

    application: str
    token: str
    """The token's own id (`uti`), for the record."""
    tenant: str
    """Empty in a stack without tenants."""
    use_case: str
    """Empty where no model is asked; so is the purpose."""
    purpose: str
    data_classes: frozenset[str]
    reidentifies: bool


@dataclass(kw_only=True)
class Exchange:
    """What is known so far. A guard reads what those before it have written."""

    request_id: str
    endpoint: Endpoint
    listener: str
    origin: str
    claims: dict[str, Any]
    bytes_in: int
    body: dict[str, Any] = field(default_factory=dict)
    walk: Walk = field(default_factory=Walk)
    extension: Extension = field(default_factory=Extension)
    passages: list[dict[str, Any]] = field(default_factory=list)
    caller: Caller | None = None
    declared: DataClass | None = None
    data_class: DataClass | None = None
    found: dict[Kind, int] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    """The identifiers that the request held, as they stood there: what an answer may hold, if it is restored."""
    wants_usage: bool = False
    """Whether the caller asked a stream for its counts."""
    pin: Pin | None = None
    route: Route | None = None
    stripped: bool = False
    """Whether every text of the body has gone through the tokens: before that, nothing may be derived from it."""
    minted: int = 0
    reidentified: int = 0
    admitted: bool = False
    """Of what is asked of the gateway itself: whether it is written down that it may, so that its end is, too."""
    erased: int = 0
    bytes_out: int = 0
    tokens: tuple[int, int] = (0, 0)
    """Of input and output, as the model counts them."""
    finish: str = ""
    """Why the model stopped, in its own word."""
    upstream_status: int = 0
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds, by guard."""

    @property
    def slots(self) -> list[Slot]:
        """Every place of the request that carries text."""
        return self.walk.slots

    @property
    def asked(self) -> Caller:
        """The caller, once `authorise` has said who it is."""
        if self.caller is None:
            raise GuardFailed("authorise")
        return self.caller

    @property
    def held(self) -> Pin:
        """What it is held to, once that is known."""
        if self.pin is None:
            raise GuardFailed("template")
        return self.pin

    @property
    def streams(self) -> bool:
        """Whether the answer is asked for in pieces."""
        return self.body.get("stream") is True
