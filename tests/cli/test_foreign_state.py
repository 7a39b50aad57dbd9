"""`check` on the export of any stack: what can't be judged is said, and is never called compliant."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plan.model import Plan
from policies.review import Report, review
from policies.rules import ALL
from policies.unjudged import EVERYTHING_JUDGED, unjudged
from tests.cli.test_command import run
from tests.plans import CORE, added, compliant

BUCKET, CLASSIC = "aws:s3/bucket:Bucket", "azure:storage/account:Account"


def _item(stack: str, token: str, name: str, **more: object) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:{stack}::shop::{token}::{name}", "type": token, "custom": True, **more}


def _foreign(stack: str = "production") -> dict[str, Any]:
    account = "azure-native:storage:StorageAccount"
    return {
        "version": 3,
        "deployment": {
            "resources": [
                {
                    "urn": f"urn:pulumi:{stack}::shop::pulumi:pulumi:Stack::shop-{stack}",
                    "type": "pulumi:pulumi:Stack",
                    "custom": False,
                },
                _item(stack, "pulumi:providers:aws", "default"),
                _item(stack, account, "web", id="/x/web", inputs={"location": "eastus"}),
                *(_item(stack, BUCKET, f"b{index}") for index in range(3)),
                _item(stack, CLASSIC, "old"),
                _item(stack, CLASSIC, "older", delete=True),
                _item(stack, "acme:shop:Shop", "shop", custom=False),
            ]
        },
    }


def _saved(tmp_path: Path, document: object) -> str:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(document))
    return str(path)


def _report(plan: Plan) -> Report:
    return review(plan, ALL)


class TestAForeignStackIsJudgedAsFarAsItCanBe:
    """A stack that somebody else made holds patient data all the same."""

    def test_what_rules_know_is_refused_and_what_they_do_not_is_counted(self, tmp_path: Path) -> None:
        done = run("check", _saved(tmp_path, _foreign()), "--jurisdiction", "eu", "--environment", "prod")
        assert done.returncode == 3
        assert "storage account 'web': is in 'eastus'; jurisdiction eu allows" in done.stdout
        assert f"can't judge: 4 resources of 2 types that no rule knows: {BUCKET} (3), {CLASSIC} (1)" in done.stdout
        for words in ("on their way out (`delete: true`): 1", "are judged: 1", "in them: 1", "judged as eu-prod"):
            assert words in done.stdout

    def test_json_has_both(self, tmp_path: Path) -> None:
        path = _saved(tmp_path, _foreign())
        document = json.loads(run("check", path, "--jurisdiction", "eu", "--environment", "prod", "--json").stdout)
        (finding,) = [item for item in document["findings"] if item["rule"] == EVERYTHING_JUDGED.id]
        assert (finding["state"], finding["urn"]) == ("not-evaluated", None)
        assert any(note.startswith("not judged: on their way out") for note in document["notes"])

    def test_without_a_law_it_asks_and_ends_with_usage(self, tmp_path: Path) -> None:
        done = run("check", _saved(tmp_path, _foreign()))
        assert done.returncode == 2
        assert "stack 'production' names no jurisdiction and no environment" in done.stderr
        assert "--jurisdiction eu --environment prod" in done.stderr

    def test_an_environment_that_is_none_is_refused(self, tmp_path: Path) -> None:
        assert run("check", _saved(tmp_path, _foreign()), "--environment", "stage").returncode == 2

    def test_a_plan_of_our_own_takes_no_other_law(self, tmp_path: Path) -> None:
        from plan.file import to_json

        path = tmp_path / "plan.json"
        path.write_text(to_json(compliant("eu-dev")))
        done = run("check", str(path), "--jurisdiction", "uk")
        assert done.returncode == 2
        assert "is not judged as 'uk'" in done.stderr


class TestWhatNobodyJudgedIsNotCompliant:
    """A green verdict over a bucket in another cloud is the lie that an auditor finds."""

    @pytest.mark.parametrize("stack", CORE)
    def test_our_own_stacks_hold_nothing_that_no_rule_knows(self, stack: str) -> None:
        assert unjudged(compliant(stack)) == []

    @pytest.mark.parametrize("token", [BUCKET, CLASSIC, "kubernetes:acme.io/v1:Thing", "command:local:Command"])
    def test_one_strange_resource_makes_a_compliant_stack_not_evaluated(self, token: str) -> None:
        plan = compliant("eu-dev")
        more = replace(plan.resources[-1], type=token, urn=f"urn:pulumi:eu-dev::bailiwick::{token}::x", inputs={})
        report = _report(replace(plan, resources=(*plan.resources, more)))
        (new,) = [found for found in report.of_state("not-evaluated") if found.rule is EVERYTHING_JUDGED]
        assert new.message == f"can't judge: 1 resource of 1 type that no rule knows: {token} (1)"
        assert report.verdict != "compliant"

    def test_of_azure_what_no_rule_knows_is_refused_and_not_counted_twice(self) -> None:
        report = _report(added(compliant("eu-dev"), "cognitiveservices:Deployment", {}))
        assert "residency.types-are-known" in {found.rule.id for found in report.of_state("refused")}
        assert unjudged(report.stack.plan) == []

    def test_what_needs_no_rule_is_not_counted(self) -> None:
        assert unjudged(added(compliant("eu-dev"), "random:index/randomPet:RandomPet", {})) == []

    def test_many_types_are_counted_and_some_named(self) -> None:
        plan = compliant("eu-dev")
        more = tuple(
            replace(
                plan.resources[-1], type=f"aws:x:T{index}", urn=f"urn:pulumi:eu-dev::p::aws:x:T{index}::n", inputs={}
            )
            for index in range(12)
        )
        (said,) = unjudged(replace(plan, resources=(*plan.resources, *more)))
        assert "12 resources of 12 types" in said
        assert "and 4 types more" in said

    def test_an_export_amid_an_operation_is_not_evaluated(self, tmp_path: Path) -> None:
        document = _foreign("eu-dev")
        document["deployment"]["resources"] = [
            _item("eu-dev", "azure-native:resources:ResourceGroup", "rg", inputs={"location": "westeurope"})
        ]
        document["deployment"]["pending_operations"] = [{"type": "creating", "resource": _item("eu-dev", BUCKET, "b")}]
        done = run("check", _saved(tmp_path, document))
        assert "can't judge: 1 operation had begun and not ended when it was exported: creating b" in done.stdout
