"""What the two pipelines may do, and that both call the same verbs. Their syntax is for `make scan`."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from cli.planning import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(path.name for path in FOLDER.glob("*.yml"))
WRITERS = {
    "pull-request.yml": {"tell": {"pull-requests", "security-events"}, "tell-of-scan": {"security-events"}},
}
"""Workflow to the jobs that may write, and what."""
_MAKE = re.compile(r"\bmake (?:--[a-z-]+ )*([a-z-]+(?: [a-z-]+)*)")


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _workflow(name: str) -> dict[str, Any]:
    # `on` is a truth value to YAML 1.1; nothing here needs it.
    document: dict[str, Any] = yaml.safe_load(_text(name))
    return document


def _steps(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for job, spec in _workflow(name)["jobs"].items():
        yield from ((job, step) for step in spec.get("steps", ()))


def _verbs(text: str) -> set[str]:
    return {verb for words in _MAKE.findall(text) for verb in words.split()}


class TestRights:
    """What a job may not do, nobody can make it do."""

    @pytest.mark.parametrize("name", WORKFLOWS)
    def test_none_by_default_and_each_jobs_own(self, name: str) -> None:
        workflow = _workflow(name)
        assert workflow["permissions"] == {}
        for job, spec in workflow["jobs"].items():
            rights = spec["permissions"]
            writes = {right for right, level in rights.items() if level == "write" and right != "id-token"}
            assert writes == WRITERS.get(name, {}).get(job, set()), job
            assert rights["contents"] == "read"

    @pytest.mark.parametrize("name", WORKFLOWS)
    def test_no_checkout_leaves_its_token_and_no_secret_is_asked_for(self, name: str) -> None:
        for _, step in _steps(name):
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
        assert "secrets." not in _text(name)
        assert "pull_request_target" not in _text(name)
        assert "workflow_run" not in _text(name)

    @pytest.mark.parametrize("name", WORKFLOWS)
    def test_actions_are_pinned_by_commit_with_their_version_beside(self, name: str) -> None:
        for used in re.findall(r"uses: (\S+.*)", _text(name)):
            assert used.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used

    def test_the_same_action_is_of_the_same_commit_everywhere(self) -> None:
        pins = {pin for name in WORKFLOWS for pin in re.findall(r"uses: ([\w./-]+)@(\S+)", _text(name))}
        assert len(pins) == len({action for action, _ in pins})

    def test_a_pull_request_is_given_no_credentials(self) -> None:
        for job, spec in _workflow("pull-request.yml")["jobs"].items():
            assert "id-token" not in spec["permissions"], job
            assert "environment" not in spec, job
            assert "self-hosted" not in str(spec["runs-on"]), job

    @pytest.mark.parametrize("writer", WRITERS["pull-request.yml"])
    def test_who_may_write_runs_nothing_of_the_pull_request(self, writer: str) -> None:
        steps = [step for job, step in _steps("pull-request.yml") if job == writer]
        (checkout,) = [step for step in steps if "actions/checkout" in step.get("uses", "")]
        assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
        condition = _workflow("pull-request.yml")["jobs"][writer]["if"]
        assert "head.repo.full_name == github.repository" in condition

    def test_nothing_is_pasted_into_a_script(self) -> None:
        for name in WORKFLOWS:
            for _, step in _steps(name):
                assert "${{" not in str(step.get("run", "")), step

    def test_who_applies_is_somebody_else_behind_an_approval(self) -> None:
        jobs = _workflow("deploy-stack.yml")["jobs"]
        assert jobs["preview"]["environment"] == "${{ inputs.stack }}-preview"
        assert jobs["apply"]["environment"] == "${{ inputs.stack }}-apply"
        assert jobs["apply"]["needs"] == "preview"
        for spec in jobs.values():
            assert "jurisdiction-${{ inputs.jurisdiction }}" in spec["runs-on"]


class TestBothCallTheSameVerbs:
    """What one pipeline does and the other does not is done for half of the users."""

    def test_the_same_ones(self) -> None:
        github = set[str]().union(*(_verbs(_text(name)) for name in WORKFLOWS))
        azure = _verbs((ROOT / "azure-pipelines.yml").read_text(encoding="utf-8"))
        assert github == azure
        assert {"check", "test", "scan", "changed-stacks", "review", "comment", "engine-preview", "engine-up"} <= github
        assert {"drift", "check-deployed", "keep-plan", "fetch-plan"} <= github

    def test_make_has_them(self) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
        assert set[str]().union(*(_verbs(_text(name)) for name in WORKFLOWS)) <= targets

    def test_the_real_engine_gets_every_pack(self) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        packs = {path.parent.name for path in (ROOT / "policies" / "packs").glob("*/PulumiPolicy.yaml")}
        (listed,) = re.findall(r"foreach pack,([a-z_ ]+),--policy-pack policies/packs/", makefile)
        assert set(listed.split()) == packs
        for verb in ("pulumi preview", "pulumi up"):
            assert re.search(rf"@{verb} .*\$\(PACKS\)", makefile), verb
