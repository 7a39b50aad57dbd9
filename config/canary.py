"""Checks of a canary: that it is a candidate at all, in steps that rise, on GPUs that are there, and in its bounds."""

from collections.abc import Iterator
from itertools import pairwise

from config.faults import Fault, crossed_bounds
from config.gpu import Gpu
from config.use_case import Canary, UseCase
from models.gpus import gpus

MOST_BEFORE_THE_LAST = 50
"""Percent: until the last step, whoever is not asked for a trial is the majority."""
CANDIDATE = "-candidate"
"""Ends the name under which a candidate is pinned in the prompt store; no use case may have it."""


def gpus_of(size: str) -> int:
    """GPUs of a VM size. One that models/gpus.yaml does not know counts as one."""
    found = gpus().of_size(size)
    return found[1] if found is not None else 1


def canaries_are_candidates(use_cases: tuple[UseCase, ...], stack: str) -> Iterator[Fault]:
    """Each differs from what stands, in steps that rise, under a change of its own."""
    changes: dict[str, str] = {}
    for item in use_cases:
        key = f"bailiwick:useCases.{item.name}"
        if item.name.endswith(CANDIDATE):
            yield Fault(
                key=f"{key}.name",
                value=f"'{item.name}'",
                problem=f"ends in {CANDIDATE}",
                allowed="any other name",
                consequence="the prompt store keeps candidates under such names: one would be taken for the other",
                hint="rename the use case",
            )
        canary, candidate = item.canary, item.candidate
        if canary is None or candidate is None:
            continue
        yield from _differs(item, candidate, key, stack)
        yield from _steps(canary.steps, key)
        yield from _whole_way_back(canary, key)
        if canary.replicas_min > canary.replicas_max:
            low, high = canary.replicas_min, canary.replicas_max
            yield crossed_bounds(f"{key}.canary.replicasMin", "replicasMax", low, high)
        if canary.change in changes:
            yield Fault(
                key=f"{key}.canary.change",
                value=f"'{canary.change}'",
                problem=f"is also the change of {changes[canary.change]}",
                allowed="a record of its own for each canary",
                consequence="an approval for one would let the other through",
                hint="write a second record in changes/",
            )
        changes[canary.change] = item.name


def _differs(item: UseCase, candidate: UseCase, key: str, stack: str) -> Iterator[Fault]:
    if (candidate.model, candidate.prompt, candidate.image) == (item.model, item.prompt, item.image):
        yield Fault(
            key=f"{key}.canary",
            value=f"model {item.model.revision[:12]}, prompt {item.prompt.version}",
            problem="the candidate is what is served already",
            allowed="another model, prompt or image",
            consequence="GPUs are taken to compare a thing with itself",
            hint=f"name what is tried, or remove the canary of {item.name} from Pulumi.{stack}.yaml",
        )
    # A version that says the same and holds something else was moved under somebody's feet.
    same_model = (item.model.name, item.model.revision) == (candidate.model.name, candidate.model.revision)
    same_prompt = (item.prompt.name, item.prompt.version) == (candidate.prompt.name, candidate.prompt.version)
    sums = {
        "model": (same_model, item.model.sha256, candidate.model.sha256),
        "prompt": (same_prompt, item.prompt.sha256, candidate.prompt.sha256),
    }
    for part, (same, stable, tried) in sums.items():
        if same and stable != tried:
            yield Fault(
                key=f"{key}.canary.{part}.sha256",
                value=f"{tried[:12]}…",
                problem=f"the same {part} by name and version, with another checksum",
                allowed="another version for another content",
                consequence="two contents under one name: the audit can't say which one answered",
                hint="give the candidate a version of its own",
            )


def _steps(steps: tuple[int, ...], key: str) -> Iterator[Fault]:
    rising = all(one < other for one, other in pairwise(steps))
    if not rising or any(step > MOST_BEFORE_THE_LAST for step in steps[:-1]):
        yield Fault(
            key=f"{key}.canary.steps",
            value=", ".join(map(str, steps)),
            problem="does not rise step by step, or passes the half before the last step",
            allowed=f"rising percents, none but the last over {MOST_BEFORE_THE_LAST}",
            consequence="more patients meet the candidate than what is known of it warrants",
            hint="for example steps: [5, 20, 50, 100]",
        )


def _whole_way_back(canary: Canary, key: str) -> Iterator[Fault]:
    if canary.way_back and canary.steps != (100,):
        yield Fault(
            key=f"{key}.canary.steps",
            value=", ".join(map(str, canary.steps)),
            problem="a way back that takes a share",
            allowed="steps: [100] where wayBack is true",
            consequence="some patients go on being answered by what fell through the floor",
            hint="write steps: [100], or remove wayBack for a trial",
        )


def canaries_fit_the_gpus(use_cases: tuple[UseCase, ...], gpu: Gpu | None, stack: str) -> Iterator[Fault]:
    """With a canary, everything at its largest has a GPU: a candidate must not take one from what is served."""
    candidates = [item.candidate for item in use_cases]
    if gpu is None or not any(item is not None and item.gpus for item in candidates):
        return
    there = gpu.max * gpus_of(gpu.size)
    stable = sum(item.replicas_max * item.gpus for item in use_cases)
    extra = sum(item.replicas_max * item.gpus for item in candidates if item is not None)
    if stable + extra > there:
        names = ", ".join(item.name for item in use_cases if item.canary is not None)
        yield Fault(
            key="bailiwick:useCases",
            value=f"{stable} GPUs for what is served, and {extra} for the canary of {names}",
            problem=f"the pool has {there} at its largest",
            allowed=f"replicasMax and canary.replicasMax that need {there} GPUs or fewer together",
            consequence="the candidate takes GPUs that clinicians wait for, or waits for ever and is rolled back",
            hint=f"lower replicasMax, or raise bailiwick:gpu.max in Pulumi.{stack}.yaml",
        )
