"""eu-prod with a candidate beside what it serves, and the record that lets it be there: no committed stack has one."""

import copy
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from cli.planning import ROOT
from config import StackConfig, parse
from plan import stacks
from plan.model import Plan
from records.lifecycle import path_for
from tests.plans import recorded_with

STACK, USE_CASE, CHANGE = "eu-prod", "clinical-notes", "notes-2"
ONE_APPROVED, TOO_LOW, LONG_AGO = "notes-one", "notes-low", "notes-old"
CANARY: Mapping[str, Any] = {
    "change": CHANGE,
    "model": {"name": "clinical-notes-27b-fp8", "revision": "c" * 40, "sha256": "d" * 64},
    "prompt": {"name": "clinical-notes", "version": "1.1.0", "sha256": "e" * 64},
    "steps": [5, 20, 50, 100],
    "until": (date.today() + timedelta(days=30)).isoformat(),
    "replicasMin": 2,
    "replicasMax": 2,
}


def values(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 a section of a stack file
    """The stack file's, with a canary that has these changes."""
    found: dict[str, Any] = copy.deepcopy(dict(stacks.values(ROOT, STACK)))
    served = found["bailiwick:useCases"][0]
    # Two of the pool's four GPUs are for the candidate.
    served["replicasMax"] = 2
    served["canary"] = {key: value for key, value in {**CANARY, **changes}.items() if value is not None}
    return found


def configured(**changes: Any) -> StackConfig:  # noqa: ANN401 as above
    """The same, read; it has no fault."""
    config, faults = parse(STACK, values(**changes))
    assert config is not None
    assert faults == ()
    return config


@lru_cache(maxsize=1)
def tried() -> Plan:
    """Its plan, recorded once per test run."""
    return recorded_with("tried", STACK, values())


def record(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 a change record
    """A sound record for it, in force today."""
    served, today = configured().use_cases[0], date.today()
    candidate = served.candidate
    assert candidate is not None
    sound = {
        "stack": STACK,
        "use_case": USE_CASE,
        "why": "clinicians correct fewer drafts",
        "author": "A. Author",
        "stable": _versions(served),
        "candidate": _versions(candidate),
        "evaluation": {
            "suite": "clinical-notes/3",
            "report_sha256": "f" * 64,
            "date": today - timedelta(days=3),
            "accuracy": 0.91,
            "scores": {"refusals": 0.02},
        },
        "approvals": [
            {"who": "B. Clinician", "role": "clinical-safety", "date": today - timedelta(days=2)},
            {"who": "C. Engineer", "role": "platform", "date": today - timedelta(days=1)},
        ],
        "not_before": today,
        "expires": today + timedelta(days=30),
        "rollback": "bailiwick canary rollback, as docs/runbooks/canary.md says",
    }
    return {key: value for key, value in {**sound, **changes}.items() if value is not None}


def life(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 a version's record
    """The candidate's, which is a canary of that change since yesterday."""
    candidate, today = configured().use_cases[0].candidate, date.today()
    assert candidate is not None
    measured, approved = today - timedelta(days=3), today - timedelta(days=1)
    evaluation = {"suite": "clinical-notes/3", "report_sha256": "f" * 64, "date": measured, "accuracy": 0.91}
    approvals = [
        {"who": "B. Clinician", "role": "clinical-safety", "date": today - timedelta(days=2)},
        {"who": "C. Engineer", "role": "platform", "date": approved},
    ]
    sound = {
        "stack": STACK,
        "use_case": USE_CASE,
        "model": candidate.model.model_dump(),
        "prompt": candidate.prompt.model_dump(),
        "history": [
            {"to": "candidate", "date": measured, "by": "A. Author", "why": "fewer corrections"},
            {"to": "evaluated", "date": measured, "by": "A. Author", "evaluation": evaluation},
            {
                "to": "approved",
                "date": approved,
                "by": "D. Manager",
                "change": "CHG-1",
                "approvals": approvals,
                "expires": measured + timedelta(days=300),
            },
            {"to": "canary", "date": approved, "by": "D. Manager", "change": CHANGE},
        ],
    }
    return {**sound, **changes}


def write_lives(folder: Path) -> None:
    """The project's own records, and the candidate's."""
    shutil.copytree(ROOT / "lifecycle", folder)
    found = life()
    model, prompt = found["model"], found["prompt"]
    path = path_for(STACK, USE_CASE, model["name"], model["revision"], prompt["version"])
    (folder.parent / path).write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")


def _versions(item: Any) -> dict[str, Any]:  # noqa: ANN401 a use case
    return {
        "model": item.model.model_dump(),
        "prompt": item.prompt.model_dump(),
        "image": item.image.partition("@")[2],
    }


def write(folder: Path, **records: Mapping[str, Any]) -> None:
    """Each record as a file; `_` in its name stands for `-`."""
    for name, found in records.items():
        (folder / f"{name.replace('_', '-')}.yaml").write_text(yaml.safe_dump(dict(found), sort_keys=False))


def write_all(folder: Path) -> None:
    """The sound one, and one of each kind that a rule refuses."""
    today = date.today()
    sound = record()
    low = {**sound["evaluation"], "accuracy": 0.8}
    begun = today - timedelta(days=60)
    approved = [{**one, "date": begun} for one in sound["approvals"]]
    write(
        folder,
        notes_2=sound,
        notes_one=record(approvals=sound["approvals"][:1]),
        notes_low=record(evaluation=low),
        notes_old=record(
            not_before=begun,
            expires=today - timedelta(days=1),
            approvals=approved,
            evaluation={**sound["evaluation"], "date": begun},
        ),
    )


def write_catalogue(file: Path) -> None:
    """The project's catalogue of models, which knows the candidate's revision besides."""
    found = yaml.safe_load((ROOT / "models" / "models.yaml").read_text(encoding="utf-8"))
    model = CANARY["model"]
    revision = {"commit": model["revision"], "manifest_sha256": model["sha256"], "example": True}
    found["models"][model["name"]]["revisions"].append(revision)
    file.write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")
