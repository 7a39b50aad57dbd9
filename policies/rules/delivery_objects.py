"""Who moves a candidate's weight, how far, and from what kind of pod."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from plan.model import MISSING, PlannedResource
from policies.clocked import CRON_JOB, JOB, as_job
from policies.config_maps import CONFIG, each_gateway, file_of
from policies.require import items, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, applies, registered, stack_rule
from policies.settled import Among, settled
from policies.trials import UNTIL, Trial, trials
from policies.types import ASSIGNMENT, CONFIGURATION_STORE, DEPLOYMENT, KEY_VALUE, NAMESPACE
from policies.types import JOB as RUNNER
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

ACCOUNT = "kubernetes:core/v1:ServiceAccount"
OWNER = "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b"
"""App Configuration Data Owner: learn.microsoft.com/azure/role-based-access-control/built-in-roles."""
SPACE = "delivery"
CANARY = re.compile(r"^https://vllm-canary\.(inference-[a-z0-9-]+)\.svc\.cluster\.local:8000$")
STALE_MINUTES = 15
LEAST_MINUTES = 15


@stack_rule(
    "delivery.gateway-bounds-the-weight",
    title="Gateway and job know each candidate by its change, its place, its steps and its floors; and no other",
    severity=Severity.HIGH,
    applies_to=(CONFIG, DEPLOYMENT, CONFIGURATION_STORE),
    fix="leave the canaries of gateway.json to components/canary.py",
    example="a gateway whose ceiling is 100, where the steps that were approved end at 20",
)
def bounds_the_weight(stack: StackUnderReview) -> Iterable[Judged]:
    """The weight is moved without a review, so the bound on it is not."""
    tried = {trial.use_case: trial for trial in trials(stack)}
    stores = {str(store.get("configStoreName")) for store in stack.of_type(CONFIGURATION_STORE)}
    yield from each_gateway(stack, lambda settings: _bounded(settings, tried, stores, partial=stack.partial))
    for config in stack.of_type(CONFIG):
        limits = file_of(config, "limits.json")
        if limits is not None:
            yield config, _held(limits, tried, partial=stack.partial)


def _bounded(settings: Mapping[str, Any], tried: Mapping[str, Trial], stores: set[str], *, partial: bool) -> Verdict:
    known = settings.get("canaries", {})
    if not isinstance(known, dict):
        return refused("the canaries of gateway.json are no mapping")
    told = [f"candidate of {name} is unknown to it" for name in sorted(set(tried) - set(known))]
    for name, found in known.items():
        trial = tried.get(name)
        if trial is None:
            told += [] if partial else [f"has a candidate of {name}, which nothing serves"]
        elif not isinstance(found, dict):
            told.append(f"the canary of {name} is no mapping")
        else:
            told += _differs(name, found, trial)
            if not partial and str(found.get("weightStore")).partition(".")[0] not in stores:
                told.append(f"takes the weight of {name} from {found.get('weightStore')}, not a store of the plan")
    return refused_for(told)


def _differs(name: str, found: Mapping[str, object], trial: Trial) -> Iterator[str]:
    wanted = {
        "change": trial.change,
        "ceilingPercent": max(trial.steps, default=0),
        "pinned": f"use-case:{name}-candidate",
        "weightKey": f"routing:{name}",
    }
    for key, value in wanted.items():
        if found.get(key) != value or isinstance(found.get(key), bool):
            yield f"{key} of {name} is {found.get(key)!r}, not {value!r}"
    place = CANARY.match(str(found.get("url")))
    if place is None or place[1] != trial.deployment.get("metadata.namespace"):
        yield f"candidate of {name} is at {found.get('url')}"
    stale = found.get("staleMinutes")
    if not isinstance(stale, int | float) or isinstance(stale, bool) or not 0 < stale <= STALE_MINUTES:
        yield f"takes a weight of {name} that is {stale} minutes old; {STALE_MINUTES} at most"


def _held(text: str, tried: Mapping[str, Trial], *, partial: bool) -> Verdict:
    """What the job goes by is what was reviewed."""
    try:
        known = {str(item["useCase"]): dict(item) for item in json.loads(text)}
    except (ValueError, TypeError, KeyError):
        return refused("limits.json is not of the form that the job reads")
    if partial:
        return PASSED
    told = [] if set(known) == set(tried) else [f"the job has limits of {', '.join(sorted(known)) or 'nothing'}"]
    for name in sorted(set(known) & set(tried)):
        trial, found = tried[name], known[name]
        wanted = {
            "change": trial.change,
            "steps": list(trial.steps),
            "until": trial.noted.get(UNTIL),
            "accuracyFloor": trial.stable.get("accuracyFloor"),
            "firstTokenMilliseconds": trial.stable.get("firstTokenMilliseconds"),
        }
        told += [f"the job's {key} of {name} is {found.get(key)!r}" for key in wanted if found.get(key) != wanted[key]]
        if (found.get("wayBack") is True) != trial.way_back:
            told.append(
                f"the job takes {name} for a {'trial' if trial.way_back else 'way back'}; its pods say otherwise"
            )
        minutes = found.get("stepMinutes")
        if not isinstance(minutes, int | float) or minutes < LEAST_MINUTES:
            told.append(f"a step of {name} lasts {minutes} minutes; {LEAST_MINUTES} at least")
    return refused_for(told)


@stack_rule(
    "delivery.weights-have-one-hand",
    title="One identity writes weights, into a store that holds nothing else, and no plan writes them",
    severity=Severity.HIGH,
    applies_to=(ASSIGNMENT, CONFIGURATION_STORE, KEY_VALUE),
    fix="leave the store of weights and its roles to components/delivery.py",
    example="the job's identity as data owner of the prompts' store",
)
def one_hand(stack: StackUnderReview) -> Iterable[Judged]:
    """Who writes the prompts' store decides what every model is told: a weight needs no such right."""
    pinning = {
        store.urn
        for store in stack.of_type(CONFIGURATION_STORE)
        for value in stack.parts(KEY_VALUE, "configStoreName", CONFIGURATION_STORE, "configStoreName").get(
            store.urn, ()
        )
        if str(value.get("keyValueName")).startswith("use-case:")
    }
    writers: dict[str, list[PlannedResource]] = {}
    for assignment in stack.of_type(ASSIGNMENT):
        if str(assignment.get("roleDefinitionId")).lower().endswith(OWNER):
            for store in stack.targets(assignment, "scope"):
                writers.setdefault(store.urn, []).append(assignment)
    for urn, found in writers.items():
        for assignment in found:
            told = ["may write what use cases are pinned to"] if urn in pinning else []
            told += [f"is one of {len(found)} that write weights"] if len(found) > 1 else []
            yield assignment, refused_for(told)
    for value in stack.of_type(KEY_VALUE):
        written = str(value.get("keyValueName")).startswith("routing:")
        yield value, refused("is a weight: the job writes it, on what was measured") if written else PASSED


@stack_rule(
    "delivery.jobs-are-judged-as-pods",
    title="What runs by the clock is the job that moves weights, alone, and its pods are as every other's",
    severity=Severity.HIGH,
    applies_to=(CRON_JOB, NAMESPACE, RUNNER),
    fix="leave jobs by the clock to components/delivery.py",
    example="a CronJob with the node's network, or one that runs something else",
)
def jobs_as_pods(stack: StackUnderReview) -> Iterable[Judged]:
    """A rule that asks for `spec.template` sees nothing in a CronJob: it would pass by absence."""
    rules = [rule for rule in registered() if rule.resource_check is not None and applies(rule, JOB)]
    spaces = {space.get("metadata.name") for space in stack.of_type(NAMESPACE)}
    accounts = {(a.get("metadata.namespace"), a.get("metadata.name")) for a in stack.of_type(ACCOUNT)}
    images = {str(image) for job in stack.of_type(RUNNER) for _, image in job.each("template.containers[*].image")}
    for clocked in stack.of_type(CRON_JOB):
        job = as_job(clocked)
        verdicts = [rule.resource_check(job, stack) for rule in rules if rule.resource_check is not None]
        if not stack.partial:
            verdicts.append(_placed(job, spaces, accounts, images))
        yield clocked, all_of((*verdicts, _timed(clocked), _told(job)))


def _placed(
    job: PlannedResource, spaces: set[object], accounts: set[tuple[object, object]], images: set[str]
) -> Verdict:
    space = job.get("metadata.namespace")
    account = (space, job.get("spec.template.spec.serviceAccountName"))
    named = [str(c.get("image")) for c in items(job.get("spec.template.spec.containers"))]
    told = [f"is in namespace {space}"] if space != SPACE or space not in spaces else []
    told += [f"runs as {account[1]}, which the plan doesn't make"] if account not in accounts else []
    told += [f"runs {name.partition('@')[0]}, which is not what deploys" for name in named if name not in images]
    return refused_for(told)


def _timed(clocked: PlannedResource) -> Verdict:
    return settled(
        clocked,
        {
            "spec.schedule": "* * * * *",
            "spec.concurrencyPolicy": "Forbid",
            "spec.suspend": Among((False,), unset=True),
            "spec.jobTemplate.spec.backoffLimit": 0,
            "spec.jobTemplate.spec.parallelism": Among((1,), unset=True),
            "spec.jobTemplate.spec.completions": Among((1,), unset=True),
            "spec.jobTemplate.spec.template.spec.restartPolicy": "Never",
            "spec.jobTemplate.spec.template.spec.automountServiceAccountToken": False,
        },
    )


def _told(job: PlannedResource) -> Verdict:
    wanted: Sequence[str] = ("canary", "step", "--limits")
    bad = [
        str(container.get("name"))
        for container in items(job.get("spec.template.spec.containers"))
        if tuple(texts(container.get("args"))[:3]) != tuple(wanted) or container.get("args") is MISSING
    ]
    return refused(f"container {', '.join(bad)} does not run `{' '.join(wanted)}`") if bad else PASSED
