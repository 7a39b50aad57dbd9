"""Guard 9, as a request meets it: what is known of an exchange becomes records, which hold none of its texts."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from model_images.gateway.guard import shape
from model_images.gateway.guard.audit import record as form
from model_images.gateway.guard.audit.log import AuditLog
from model_images.gateway.guard.conversing import patient
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import EVERYBODY
from model_images.gateway.guard.tokens.keys import Keys, Purpose

ENDPOINTS = {
    "chat": form.Endpoint.CHAT,
    "responses": form.Endpoint.RESPONSES,
    "embeddings": form.Endpoint.EMBEDDINGS,
    "models": form.Endpoint.MODELS,
    "feedback": form.Endpoint.FEEDBACK,
    "erasures": form.Endpoint.ERASURES,
}
ENDS = {
    "length": form.Finish.LENGTH,
    "tool_calls": form.Finish.TOOL_CALLS,
    "content_filter": form.Finish.CONTENT_FILTER,
}
"""What the model said of its end, in the one word that `shape` has for it; all else is that it stopped."""
FINISHES = {
    "route.client-left": form.Finish.CALLER_LEFT,
    "route.model-late": form.Finish.TIMEOUT,
    "route.model-gone": form.Finish.UPSTREAM_DIED,
}


class AuditJournal:
    """Writes an exchange down."""

    def __init__(
        self,
        log: AuditLog,
        keys: Keys,
        *,
        instance: str,
        policy: str,
        failed: Callable[[], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`policy`: SHA-256 of what the guards were told. `failed` is called for every record that is lost."""
        self._log, self._keys, self._instance, self._policy = log, keys, instance, policy
        self._failed, self._now = failed, now

    async def decided(self, exchange: Exchange) -> None:
        """The request may go."""
        await self._commit(self._record(exchange, "decided", None))

    async def refused(self, exchange: Exchange, refusal: Refused) -> None:
        """It may not."""
        await self._commit(self._record(exchange, "decided", refusal))

    async def finished(self, exchange: Exchange, refusal: Refused | None) -> None:
        """How it ended."""
        await self._commit(self._record(exchange, "finished", refusal))

    async def _commit(self, record: form.Asked) -> None:
        try:
            await self._log.commit(record)
        except Refused:
            self._failed()
            raise

    def _record(self, exchange: Exchange, phase: str, refusal: Refused | None) -> form.Asked:
        caller, route, pin = exchange.caller, exchange.route, exchange.pin
        conversation = exchange.extension.conversation
        whose = patient(exchange.extension.record)
        finish = None
        if phase == "finished":
            said = ENDS.get(shape.FINISHES.get(exchange.finish, ""), form.Finish.STOP)
            finish = said if refusal is None else FINISHES.get(refusal.code, form.Finish.REFUSED)
        return form.Asked(
            at=self._now(),
            instance=self._instance,
            request=exchange.request_id.replace("-", "").lower(),
            phase="finished" if phase == "finished" else "decided",
            tenant=(caller.tenant or EVERYBODY) if caller else None,
            caller=caller.application if caller else None,
            use_case=caller.use_case or None if caller else None,
            purpose=caller.purpose or None if caller else None,
            token=form.token_hash(caller.token) if caller else None,
            endpoint=ENDPOINTS[exchange.endpoint.name],
            conversation=self._hash(exchange, "conversation", conversation.encode()) if conversation else None,
            patient=self._hash(exchange, "patient", whose.encode()) if whose else None,
            declared=form.DataClass(exchange.declared) if exchange.declared else None,
            decided=form.DataClass(exchange.data_class) if exchange.data_class else None,
            found=dict(exchange.found),
            minted=exchange.minted,
            reidentified=exchange.reidentified,
            erased=exchange.erased,
            template=form.Template(name=pin.prompt.name, version=pin.prompt.version, sha256=pin.prompt.sha256)
            if pin
            else None,
            # Of another's model nobody here knows the revision: the route names whose it is.
            model=form.Model(name=pin.model.name, revision=pin.model.revision)
            if pin and not _outside(exchange)
            else None,
            policy=self._policy,
            route=form.Route(
                name=route.pin,
                variant="candidate" if route.variant == "candidate" else "stable",
                external=route.variant == "external",
            )
            if route
            else None,
            decision=form.Decision(allowed=True) if refusal is None else _decision(refusal),
            content=self._hash(exchange, "content", msgspec.json.encode(exchange.body)) if exchange.stripped else None,
            bytes_in=exchange.bytes_in,
            bytes_out=exchange.bytes_out,
            tokens_in=exchange.tokens[0],
            tokens_out=exchange.tokens[1],
            latency={form.Guard(name): int(spent * 1000) for name, spent in exchange.timings.items()},
            upstream=exchange.upstream_status or None,
            finish=finish,
        )

    def _hash(self, exchange: Exchange, purpose: str, data: bytes) -> str | None:
        if exchange.caller is None:
            return None
        key = self._keys.current(Purpose.SURROGATES, exchange.caller.tenant or EVERYBODY).derived("audit")
        return form.keyed_hash(key, purpose, data)


def _outside(exchange: Exchange) -> bool:
    return exchange.route is not None and exchange.route.variant == "external"


def _decision(refusal: Refused) -> form.Decision:
    return form.Decision(allowed=False, guard=form.Guard(refusal.guard), what=refusal.code.partition(".")[2])
