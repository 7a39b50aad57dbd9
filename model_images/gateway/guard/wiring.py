"""Makes the application from what is mounted. What is missing or broken keeps the gateway from starting, in words."""

import asyncio
import hashlib
import logging
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec

from audit_log.note import BadKey, FileSigner
from model_images.gateway.guard import renewal
from model_images.gateway.guard.answer_ids import AnswerIds
from model_images.gateway.guard.app import App
from model_images.gateway.guard.audit.anchor import Anchor, Store, StoreUnavailable
from model_images.gateway.guard.audit.blob_store import BlobStore
from model_images.gateway.guard.audit.directory_store import DirectoryStore
from model_images.gateway.guard.audit.log import AuditLog
from model_images.gateway.guard.audit.log import Settings as LogSettings
from model_images.gateway.guard.audit.recovery import Damaged
from model_images.gateway.guard.audit.workload_identity import WorkloadIdentity
from model_images.gateway.guard.auditing import AuditJournal
from model_images.gateway.guard.authorise import Authorise
from model_images.gateway.guard.azure_prompts import AzurePrompts
from model_images.gateway.guard.conversing import Conversing
from model_images.gateway.guard.database import Database
from model_images.gateway.guard.deidentify import Deidentify
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.finding import answering, finders
from model_images.gateway.guard.keeping import shared
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.openapi import document
from model_images.gateway.guard.pins import Mounted, Pins, Weights
from model_images.gateway.guard.pins import Store as PromptsFrom
from model_images.gateway.guard.pipeline import Guards
from model_images.gateway.guard.prompt_secrets import PromptSecrets
from model_images.gateway.guard.prompting import Prompting
from model_images.gateway.guard.rate import Rate
from model_images.gateway.guard.refreshing import Refreshing
from model_images.gateway.guard.route import Routes, Salts
from model_images.gateway.guard.settings import BadSettings, Callers, Settings
from model_images.gateway.guard.tokens.conversation import Tokens
from model_images.gateway.guard.tokens.keys import Keys
from model_images.gateway.guard.tokens.on_loop import OnLoop
from model_images.gateway.guard.tokens.postgres import PostgresStore
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.guard.tokens.vault import Store as Vaulted
from model_images.gateway.guard.tokens.vault import Vault
from model_images.gateway.guard.tracing import Tracing
from model_images.gateway.guard.upstream import Upstream
from model_images.gateway.guard.volume_limits import Places, VolumeLimits
from model_images.gateway.guard.volume_together import Together

LOG = logging.getLogger("bailiwick.gateway")
AT_ONCE = 3_000
"""Characters that the detectors read on the event loop: in one to three milliseconds; of words never met, or made to be
slow, in some twenty. No plug-in is waited for there."""
KEPT_SEGMENTS = 100
"""Finished ones of the audit log that stay on the pod's disk, of ten seconds each: under 1 GB at the 500 requests a
second that Envoy lets in. Older ones go once the store has them."""
DETECTOR_THREADS = 8
"""At once in the detectors; hyperscan lets others run meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Mounts:
    """Where the container's volumes are."""

    certificates: Path
    run: Path
    state: Path
    orders: Path
    """The folder of the settings: people's orders to close a breaker lie beside them."""


def instance(environment: Mapping[str, str]) -> str:
    """The pod's name, as the audit log has it."""
    made = re.sub(r"[^a-z0-9]+", "-", environment.get("HOSTNAME", "gateway").lower()).strip("-")
    return made[-63:].strip("-") or "gateway"


async def build(settings: Settings, callers: Callers, mounts: Mounts, policy: bytes, closing: AsyncExitStack) -> App:
    """The application, ready to serve; `closing` ends in order what was begun. Raises BadSettings."""
    metrics, named = Metrics(), instance(os.environ)
    session = await closing.enter_async_context(aiohttp.ClientSession(trust_env=False))
    keys = _keys(mounts)
    pins = Pins(_prompts(settings, session), renewal.pinned(settings))
    wrong = await pins.refresh()
    if wrong:
        raise BadSettings("; ".join(f"{name}: {why}" for name, why in sorted(wrong.items())))
    store = _store(settings, mounts, session)
    log = await _log(settings, mounts, named, pins, store, closing)
    executor = ThreadPoolExecutor(DETECTOR_THREADS, thread_name_prefix="detector")
    closing.callback(executor.shutdown, wait=False, cancel_futures=True)
    upstream = Upstream(mounts.run / "upstream.sock")
    await upstream.open()
    closing.push_async_callback(upstream.close)
    find = finders(settings)
    database = await shared(settings.vault, os.environ, session, closing, metrics.database_failures.inc)
    tokens = _tokens(database, mounts)
    routes = Routes(settings)
    secret = (mounts.certificates / "audit-signer").read_bytes()
    places = Places(state=mounts.state, orders=mounts.orders, store=store, stack=settings.stack)
    together = Together(database, named, settings.replicas) if database is not None else None
    volume = VolumeLimits(settings.volume, places, secret, log, named, metrics.breakers.inc, together)
    await volume.start()
    closing.callback(volume.close)
    guards = Guards(
        settings=settings,
        authorise=Authorise(settings, callers),
        deidentify=Deidentify(
            find.every,
            executor,
            seconds=settings.detector_seconds,
            at_once=0 if settings.plugin else AT_ONCE,
        ),
        conversing=Conversing(Tokens(keys, Vault(keys, tokens)), settings.jurisdiction),
        prompts=Prompting(find.every, find.own, settings.jurisdiction, PromptSecrets(keys), _leaks(metrics)),
        pins=pins,
        routes=routes,
        salts=Salts(renewal.salts(settings, keys)),
        rate=Rate(settings),
        volume=volume,
        journal=AuditJournal(
            log,
            keys,
            instance=named,
            policy=hashlib.sha256(policy).hexdigest(),
            failed=metrics.audit_failures.inc,
        ),
        answers=AnswerIds(keys),
    )
    renewed = renewal.renewing(settings, pins, keys, log, guards.salts)
    refreshing = Refreshing(settings, pins, routes, metrics, _weights(settings, session), keys, renewed)
    for loop in (refreshing.run(), volume.run(), renewal.purging(tokens)):
        closing.callback(asyncio.create_task(loop).cancel)
    tracing = Tracing()
    closing.callback(tracing.close)
    app = App(guards, upstream, metrics, tracing, document=msgspec.json.encode(document(settings.host)))
    app.ready = lambda: log.available and not pins.missing
    app.detects = answering(settings)
    return app


def _tokens(database: Database | None, mounts: Mounts) -> Vaulted:
    """With all replicas, or on this pod's own disk where it is alone."""
    if database is None:
        return SqliteStore(mounts.state / "tokens.sqlite")
    return OnLoop(PostgresStore(database), asyncio.get_running_loop())


def _keys(mounts: Mounts) -> Keys:
    try:
        return Keys.mounted(mounts.certificates)
    except (OSError, ValueError) as error:
        raise BadSettings(f"keys of the tenants: {error}") from None


def _prompts(settings: Settings, session: aiohttp.ClientSession) -> PromptsFrom:
    told = settings.prompts
    if told.directory:
        return Mounted(Path(told.directory))
    return AzurePrompts(told, _identity(f"https://{_domain(told.configuration)}/.default"), _identity(), session)


def _weights(settings: Settings, session: aiohttp.ClientSession) -> Weights:
    host = next((canary.weight_store for canary in settings.canaries.values()), "")
    if not host or settings.prompts.directory:
        return Mounted(Path(settings.prompts.directory))
    return AzurePrompts(settings.prompts, _identity(f"https://{_domain(host)}/.default"), _identity(), session)


def _domain(host: str) -> str:
    """What a token for a store of configuration is asked for: the cloud's own name for all of them."""
    return host.partition(".")[2]


def _identity(scope: str = "") -> WorkloadIdentity:
    try:
        found = WorkloadIdentity.of(os.environ)
    except StoreUnavailable as error:
        raise BadSettings(str(error)) from None
    if scope:
        found.scope = scope
    return found


def _leaks(metrics: Metrics) -> Callable[[Exchange], None]:
    def count(exchange: Exchange) -> None:
        variant = exchange.route.variant if exchange.route is not None else ""
        metrics.canary_leaks.labels(exchange.asked.use_case, variant, exchange.asked.tenant).inc()

    return count


def _store(settings: Settings, mounts: Mounts, session: aiohttp.ClientSession) -> Store:
    """Where nothing is changed or deleted: of all replicas, or of this disk alone where the settings name none."""
    if not settings.audit.store:
        return DirectoryStore(mounts.state / "anchored")
    try:
        return BlobStore(f"https://{settings.audit.store}/{settings.audit.container}", _identity(), session)
    except StoreUnavailable as error:
        raise BadSettings(f"audit log: {error}") from None


async def _log(
    settings: Settings, mounts: Mounts, named: str, pins: Pins, store: Store, closing: AsyncExitStack
) -> AuditLog:
    origin = f"{settings.stack}/{named}"
    folder = mounts.state / "audit"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        signer = FileSigner(origin, (mounts.certificates / "audit-signer").read_bytes())
        anchor = Anchor(store, origin, keep=KEPT_SEGMENTS)
        await anchor.start(folder, [signer.verifier])
        log = await AuditLog.open(
            LogSettings(folder=folder, origin=origin), renewal.names(settings, named, pins), signer, anchor=anchor
        )
    except (BadKey, Damaged, StoreUnavailable) as error:
        raise BadSettings(f"audit log: {error}") from None
    except OSError as error:
        raise BadSettings(f"audit log: {error.filename}: {error.strerror}") from None

    async def close() -> None:
        await log.close()
        if not await anchor.close():
            LOG.error("the end of the audit log was not anchored")

    closing.push_async_callback(close)
    return log
