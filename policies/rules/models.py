"""What is served is known: by revision and checksum, allowed for its use, and of a size that its GPU holds."""

from collections.abc import Iterable

from models.catalogue import load
from models.fit import GIB, Fit, Load, Place, fit, on_size, without_gpu
from models.form import Model, Models
from models.gpus import gpus
from policies.quantities import amount
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.serving import FLUX, Named, Server, Site, Unreadable, servers, sites, size_for
from policies.types import DEPLOYMENT, KEY_VALUE, POOL
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for

LISTS = "`bailiwick models list` names those that are"


@stack_rule(
    "models.in-catalogue",
    title="Every model that is served is in the catalogue, by name, revision and checksum",
    severity=Severity.HIGH,
    applies_to=(DEPLOYMENT, FLUX),
    fix="import it (docs/guides/import-a-model.md), and write what came of that into models/models.yaml",
    example="a model server of a revision that nobody imported",
)
def in_catalogue(stack: StackUnderReview) -> Iterable[Judged]:
    """What nobody wrote down, nobody looked at: its licence, its size and its tests are of another model."""
    known = load()
    for server in servers(stack):
        yield server.resource, _known(known, server.model)
    for site in sites(stack):
        yield site.resource, _known(known, site.model)


def _known(known: Models, named: Named) -> Verdict:
    model = known.models.get(named.name)
    if model is None:
        return refused(f"serves model '{named.name}', which is not in models/models.yaml; {LISTS}")
    revision = next((item for item in model.revisions if item.commit == named.revision), None)
    if revision is None:
        there = ", ".join(item.commit[:12] for item in model.revisions) or "none"
        return refused(f"serves revision '{named.revision[:12]}' of {named.name}; the catalogue has {there}")
    if revision.manifest_sha256 != named.sha256:
        return refused(
            f"the manifest of {named.name} is pinned as '{named.sha256[:12]}', and stands in the catalogue as "
            f"'{revision.manifest_sha256[:12]}': other weights under the same revision"
        )
    return PASSED


@stack_rule(
    "models.allowed-for-their-use",
    title="A model is used for what it is allowed for: this use case, this data, this environment, by its licence",
    severity=Severity.HIGH,
    applies_to=(DEPLOYMENT, KEY_VALUE, FLUX),
    fix="serve a model that is allowed for it, or have `allowed` and `accepted` in models/models.yaml decided",
    example="a model for synthetic patients, served in production",
)
def allowed(stack: StackUnderReview) -> Iterable[Judged]:
    """A licence that shuts clinical use out holds whether anybody reads it, and a model is tested for one task."""
    known = load()
    for server in servers(stack):
        model = known.models.get(server.model.name)
        if model is not None:
            yield server.resource, _allowed(known, model, server, stack)
    for site in sites(stack):
        model = known.models.get(site.model.name)
        if model is not None:
            yield site.resource, refused_for(_decided(known, model, site.model.name, stack.environment))


def _allowed(known: Models, model: Model, server: Server, stack: StackUnderReview) -> Verdict:
    told = _decided(known, model, server.model.name, stack.environment)
    if model.allowed is None:
        return refused_for(told)
    if server.use_case not in model.allowed.use_cases:
        told.append(
            f"{server.model.name} is not allowed for use case '{server.use_case}', but for "
            f"{', '.join(model.allowed.use_cases)}"
        )
    classes = server.pinned.get("dataClasses")
    if not isinstance(classes, list):
        unknown = not_evaluated(f"the classes of data of '{server.use_case}' are not pinned in the prompt store")
        return all_of((refused_for(told), unknown))
    beyond = [str(name) for name in classes if name not in model.allowed.data_classes]
    if beyond:
        told.append(f"{server.model.name} is not allowed for data of class {', '.join(beyond)}")
    return refused_for(told)


def _decided(known: Models, model: Model, name: str, environment: str) -> list[str]:
    if model.allowed is None:
        return [f"nobody decided what {name} may be used for: it has no `allowed` in models/models.yaml"]
    licence = known.licences[model.licence]
    told = []
    if environment not in model.allowed.environments:
        told.append(f"{name} is not allowed in {environment}, but in {', '.join(model.allowed.environments)}")
    if licence.clinical == "prohibited":
        told.append(f"licence {licence.spdx} of {name} shuts clinical use out")
    if licence.clinical == "on-conditions" and model.accepted is None:
        told.append(f"nobody says that the conditions of licence {licence.spdx} are met: {licence.conditions}")
    return told


@stack_rule(
    "models.fits-its-gpu",
    title="A model fits its GPU with the cache of as many requests, and as long ones, as it is to take at once",
    severity=Severity.HIGH,
    applies_to=(DEPLOYMENT, POOL, FLUX),
    fix="lower maxModelLen or concurrency, or raise gpus or gpu.size: `bailiwick models fit STACK` shows the sums",
    example="a context of 131072 tokens for eight requests on a GPU of 94 GB",
)
def fits_its_gpu(stack: StackUnderReview) -> Iterable[Judged]:
    """Else it ends while it starts, hours into a rollout; or it starts, and requests push each other's cache out."""
    known = load()
    for server in servers(stack):
        model = known.models.get(server.model.name)
        if model is not None:
            yield server.resource, _fits(known, model, server, stack)
    for site in sites(stack):
        model = known.models.get(site.model.name)
        if model is not None:
            yield site.resource, _fits_at_site(known, model, site)


def _fits(known: Models, model: Model, server: Server, stack: StackUnderReview) -> Verdict:
    beyond = server.uncounted()
    if beyond:
        names = ", ".join(f"--{name}" for name in beyond)
        return refused(f"is told {names}, by which memory is taken that nobody counted")
    try:
        load_ = Load(
            context=server.number("max-model-len"),
            concurrency=server.number("max-num-seqs"),
            kv_bits=server.kv_bits,
        )
        place = _place(server, stack)
    except ValueError as error:
        return refused(str(error))
    if place is None:
        told = "no pool of the plan has the labels that its pods are sent to"
        return not_evaluated(told) if stack.partial else refused(told)
    found = fit(known, model, place, load_)
    return all_of((_said(found), _holds_cache(found, server)))


def _holds_cache(found: Fit, server: Server) -> Verdict:
    """Where a server without a GPU is told how large its cache is, that has to do."""
    told = None if server.gpus else server.cache_gib
    wanted = next((line.bytes for line in found.lines if line.what == "cache"), 0)
    if told is None or wanted <= told * GIB:
        return PASSED
    return refused(
        f"its cache is {told} GiB, and {found.load.concurrency} requests take {wanted / GIB:.2f}: --cpu-kv-gib"
    )


def _place(server: Server, stack: StackUnderReview) -> Place | None:
    """Where a replica runs; None where no pool takes it. Raises Unreadable, and ValueError for a size without GPUs."""
    if not server.gpus:
        if server.memory is None:
            raise Unreadable("its container has no limit on memory")
        return without_gpu(server.memory)
    size = size_for(stack, server)
    if size is None:
        return None
    if server.split != server.gpus:
        raise Unreadable(f"has {server.gpus} GPUs, and is split over {server.split}")
    batched = server.number("max-num-batched-tokens") if "max-num-batched-tokens" in server.arguments else None
    return on_size(gpus(), size, server.gpus, batched=batched, share=server.share)


def _fits_at_site(known: Models, model: Model, site: Site) -> Verdict:
    memory, context = amount(site.told.get("memory")), str(site.told.get("context", ""))
    if memory is None or not context.isdigit():
        return refused(f"memory is '{site.told.get('memory')}' and context '{context}' at the site; numbers are needed")
    # llama.cpp divides one context among those who ask: whatever their number, it is this long.
    return _said(fit(known, model, without_gpu(int(memory)), Load(context=int(context), concurrency=1)))


def _said(found: Fit) -> Verdict:
    if found.fits:
        return PASSED
    would = (
        f"the largest context for {found.load.concurrency} at once is {found.largest_context} tokens, and "
        f"{found.largest_concurrency} of {found.load.context} tokens fit"
        if found.largest_context or found.largest_concurrency
        else "nothing of it fits there"
    )
    return refused(f"{'; '.join(found.faults)}; {would}")
