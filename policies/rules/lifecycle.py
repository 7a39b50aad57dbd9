"""What answers patients is on record: measured, approved for this use case of this stack, and not for longer than that.

Versions are read where the gateway reads them, in the prompt store's values, and at an edge site in what its manifests
are filled with.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from plan.model import UNKNOWN, PlannedResource
from policies.config_maps import CONFIG, file_of
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.tenants import spaces
from policies.trials import CANDIDATE, Trial, trials
from policies.types import DEPLOYMENT, KEY_VALUE, NAMESPACE
from policies.verdict import PASSED, Verdict, not_evaluated, refused, refused_for
from records.lifecycle import Life, path_for
from records.lives import load
from records.shown import FILE, NAME, shown

FLUX = "azure-native:kubernetesconfiguration:FluxConfiguration"
SUBSTITUTE = "kustomizations[*].postBuild.substitute"
EDGE = "edge-"
"""Begins the use case of a site's own model."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """One version in the plan."""

    by: PlannedResource
    use_case: str
    tried: bool
    version: Mapping[str, str] | None
    """As `records.shown` has it; None where nobody can read it."""
    unknown: bool = False
    """Whether it is known only after deployment."""
    floor: float | None = None

    @property
    def words(self) -> str:
        """Which, for people."""
        found = self.version or {}
        model = f"{found.get('model')}@{str(found.get('revision'))[:12]}"
        return f"{model} with prompt {found.get('prompt')} {found.get('promptVersion')}"


def _pinned(stack: StackUnderReview) -> Iterator[Served]:
    for value in stack.of_type(KEY_VALUE):
        key = str(value.get("keyValueName")).partition("$")[0]
        if not key.startswith("use-case:"):
            continue
        name, text = key.removeprefix("use-case:"), value.get("value")
        tried = name.endswith(CANDIDATE)
        version, floor = _of_pin(text)
        yield Served(
            by=value,
            use_case=name.removesuffix(CANDIDATE) if tried else name,
            tried=tried,
            version=version,
            unknown=text is UNKNOWN,
            floor=floor,
        )


def _of_pin(text: object) -> tuple[Mapping[str, str] | None, float | None]:
    try:
        pin = json.loads(str(text))
        model, prompt = dict(pin["model"]), dict(pin["prompt"])
        return _version(model, prompt), float(pin["accuracyFloor"])
    except (ValueError, KeyError, TypeError):
        return None, None


def _version(model: Mapping[str, object], prompt: Mapping[str, object]) -> Mapping[str, str]:
    return {
        "model": str(model["name"]),
        "revision": str(model["revision"]),
        "modelSha256": str(model["sha256"]),
        "prompt": str(prompt["name"]),
        "promptVersion": str(prompt["version"]),
        "promptSha256": str(prompt["sha256"]),
    }


def _at_sites(stack: StackUnderReview) -> Iterator[Served]:
    for flux in stack.of_type(FLUX):
        for _, found in flux.each(SUBSTITUTE):
            if isinstance(found, Mapping):
                yield Served(
                    by=flux,
                    use_case=EDGE + str(found.get("site")),
                    tried=False,
                    version=_of_site(found),
                    unknown=any(found.get(key) is UNKNOWN for key in ("model_sha256", "prompt_sha256")),
                )


def _of_site(found: Mapping[str, object]) -> Mapping[str, str] | None:
    prompt, _, file = str(found.get("prompt_path")).rpartition("/")
    try:
        return _version(
            {key: found[f"model_{key}"] for key in ("name", "revision", "sha256")},
            {"name": prompt, "version": file.removesuffix(".txt"), "sha256": found["prompt_sha256"]},
        )
    except KeyError:
        return None


def _life(one: Served, stack: StackUnderReview) -> Life | Verdict:
    """Its sound record of this content, or why there is none."""
    if one.version is None:
        return not_evaluated("the version is known only after deployment") if one.unknown else refused("no version")
    known, found = load(), one.version
    path = path_for(stack.plan.stack, one.use_case, found["model"], found["revision"], found["promptVersion"])
    if path in known.faults:
        return refused("; ".join(fault.words for fault in known.faults[path]))
    life = known.find(stack.plan.stack, one.use_case, found)
    if life is None:
        return refused(f"{one.words} has no record: there is no {path}")
    told = [
        f"{part} of {one.words} is {found[key][:12]}…, on record is {wanted[:12]}…"
        for part, key, wanted in (
            ("the model's checksum", "modelSha256", life.model.sha256),
            ("the prompt's checksum", "promptSha256", life.prompt.sha256),
        )
        if found[key] != wanted
    ]
    return refused_for(told) if told else life


def _ended(one: Served, life: Life, stack: StackUnderReview) -> list[str]:
    if life.standing.in_time(stack.as_of):
        return []
    return [f"{one.words} may be served until {life.standing.expires}: evaluate it, and have it approved anew"]


@stack_rule(
    "lifecycle.served-versions-are-active",
    title="In production what is served is on record as active for its use case: this model, this prompt, in time",
    severity=Severity.HIGH,
    applies_to=(KEY_VALUE, FLUX),
    fix="bailiwick lifecycle promote writes the record's next step; docs/concepts/model-lifecycle.md has the steps",
    example="a use case that serves a model whose record ends with `evaluated`, or whose approval expired",
)
def served_active(stack: StackUnderReview) -> Iterable[Judged]:
    """A model that nobody approved, or that was approved on last year's numbers, answers patients all the same."""
    if not stack.is_prod:
        return
    for one in (*_pinned(stack), *_at_sites(stack)):
        if not one.tried:
            yield one.by, _active(one, stack)


def _active(one: Served, stack: StackUnderReview) -> Verdict:
    life = _life(one, stack)
    if isinstance(life, Verdict):
        return life
    state = life.standing.state
    told = [] if state == "active" else [f"{one.words} is {state} for {one.use_case}; what is served is active"]
    return refused_for([*told, *_ended(one, life, stack)])


@stack_rule(
    "lifecycle.tried-versions-are-approved",
    title="A candidate is on record as a canary, of its own change, after its approval; a way back as approved",
    severity=Severity.HIGH,
    applies_to=(KEY_VALUE, DEPLOYMENT),
    fix="bailiwick lifecycle promote --to canary --change <id>, on a record that is approved",
    example="a canary of a version that is a candidate, or of another change than its record names",
)
def tried_approved(stack: StackUnderReview) -> Iterable[Judged]:
    """A trial on patients is no place to find out whether somebody thinks that it may be tried on patients."""
    if not stack.is_prod:
        return
    found = {trial.use_case: trial for trial in trials(stack)}
    for one in _pinned(stack):
        if one.tried:
            yield one.by, _canary(one, found.get(one.use_case), stack)


def _canary(one: Served, trial: Trial | None, stack: StackUnderReview) -> Verdict:
    life = _life(one, stack)
    if isinstance(life, Verdict):
        return life
    if trial is None and stack.partial:
        return not_evaluated("what it is tried for stands in its pods, which are not shown")
    now, change = life.standing, trial.change if trial is not None else ""
    if trial is not None and trial.way_back:
        # It was active, and is kept as the way back: its approval holds, and so it may be served again.
        was = any(step.to == "active" for step in life.history)
        told = (
            []
            if was and now.state == "approved"
            else [f"{one.words} is {now.state}; a way back is approved, and was active"]
        )
        return refused_for([*told, *_ended(one, life, stack)])
    told = [] if now.state == "canary" else [f"{one.words} is {now.state} for {one.use_case}; what is tried is canary"]
    if now.state == "canary" and now.change != change and not stack.partial:
        told.append(f"{one.words} is tried by change '{change}'; its record names '{now.change}'")
    return refused_for([*told, *_ended(one, life, stack)])


@stack_rule(
    "lifecycle.evaluations-meet-the-floor",
    title="What is served was last measured at its use case's floor, or above",
    severity=Severity.HIGH,
    applies_to=KEY_VALUE,
    fix="serve a version that is good enough; the floor is the use case's accuracyFloor",
    example="a use case whose floor was raised to 0.95, with a model that was evaluated at 0.91",
)
def floor_met(stack: StackUnderReview) -> Iterable[Judged]:
    """A floor that is raised, and asks nothing of what is served already, is a floor on paper."""
    if not stack.is_prod:
        return
    for one in _pinned(stack):
        life = _life(one, stack)
        if isinstance(life, Verdict):
            continue  # the rule on records speaks of it
        evaluation = life.standing.evaluation
        if one.floor is None or evaluation is None:
            yield one.by, refused(f"{one.words} has no evaluation, or the use case no floor")
        elif evaluation.accuracy < one.floor:
            yield one.by, refused(f"{one.words} was measured at {evaluation.accuracy:g}; the floor is {one.floor:g}")
        else:
            yield one.by, PASSED


@stack_rule(
    "lifecycle.namespaces-say-what-they-serve",
    title="Each namespace of models says in which state of its life each of its versions is",
    severity=Severity.MEDIUM,
    applies_to=(CONFIG, NAMESPACE, KEY_VALUE),
    fix="leave the ConfigMap to components/lifecycle.py",
    example="a namespace whose ConfigMap calls a canary active",
)
def namespaces_say(stack: StackUnderReview) -> Iterable[Judged]:
    """Who looks into the cluster after an incident must find there what the record says, not what somebody wished."""
    pinned: dict[str, list[Served]] = {}
    for one in _pinned(stack):
        pinned.setdefault(one.use_case, []).append(one)
    found = {
        str(config.get("metadata.namespace")): config
        for config in stack.of_type(CONFIG)
        if config.get("metadata.name") == NAME
    }
    served = spaces(stack)
    for space, (_, use_case) in served.items():
        if space in found:
            yield found[space], _says(found[space], use_case, pinned.get(use_case, []), stack)
        elif not stack.partial:
            yield None, refused(f"namespace {space} does not say in which state its versions are")
    for space, config in found.items():
        if space not in served and not stack.partial:
            yield config, refused(f"speaks of versions in {space}, where none is served")


def _says(config: PlannedResource, use_case: str, versions: list[Served], stack: StackUnderReview) -> Verdict:
    text = file_of(config, FILE)
    if text is None:
        return not_evaluated("what it says is known only after deployment")
    if stack.partial:
        return PASSED
    wanted = [
        shown(stack.plan.stack, use_case, "candidate" if one.tried else "stable", one.version)
        for one in sorted(versions, key=lambda one: one.tried)
        if one.version is not None
    ]
    try:
        told = json.loads(text)
    except ValueError:
        return refused("is not JSON")
    if told == {"useCase": use_case, "versions": wanted}:
        return PASSED
    return refused(f"says of {use_case} another thing than the records; preview the stack anew")
