"""The state of any stack: read in every version, with what is left out said and nothing half-done taken for done."""

import json

import pytest

from plan.export_file import VERSIONS, ExportedPlan
from plan.file import MASKED, PlanFileError, parse

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def _urn(token: str, name: str = "a", stack: str = "eu-prod") -> str:
    return f"urn:pulumi:{stack}::shop::{token}::{name}"


def _item(kind: str = "azure-native:storage:StorageAccount", name: str = "a", **more: object) -> dict[str, object]:
    stack = str(more.pop("stack", "eu-prod"))
    return {"urn": _urn(kind, name, stack), "type": kind, "custom": True, "id": f"/x/{name}", **more}


def _export(*items: object, **deployment: object) -> dict[str, object]:
    return {"version": 3, "deployment": {"resources": list(items), **deployment}}


def _read(document: object, **asked: str) -> ExportedPlan:
    plan = parse(json.dumps(document), "export.json", **asked)
    assert isinstance(plan, ExportedPlan)
    return plan


def _kept(plan: ExportedPlan) -> list[str]:
    return [resource.name for resource in plan.resources]


class TestEveryVersionIsRead:
    """A state that stands for years was written by an older engine."""

    @pytest.mark.parametrize("version", VERSIONS)
    def test_it_is_the_same_plan(self, version: int) -> None:
        assert _kept(_read({**_export(_item()), "version": version})) == ["a"]

    def test_the_first_kept_defaults_apart_and_dependencies_null(self) -> None:
        old = _item(inputs={"kind": "StorageV2"}, defaults={"kind": "x", "tags": {}}, dependencies=None)
        (resource,) = _read({**_export(old), "version": 1}).resources
        assert resource.inputs == {"kind": "StorageV2", "tags": {}}

    @pytest.mark.parametrize("version", [0, 5, "3", None, True])
    def test_another_is_refused_with_those_that_are_read(self, version: object) -> None:
        with pytest.raises(PlanFileError, match="this reads 1, 2, 3, 4"):
            _read({**_export(_item()), "version": version})


class TestWhatIsLeftOutIsSaid:
    """What is silently dropped is silently passed."""

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ({"delete": True}, "on their way out"),
            ({"pendingReplacement": True}, "waiting to be made again"),
            ({"external": True}, "only read by this stack"),
        ],
    )
    def test_a_resource_that_is_not_the_stacks_now(self, more: dict[str, object], says: str) -> None:
        plan = _read(_export(_item(), {**_item(name="b"), **more}, {**_item(name="c"), **more}))
        assert _kept(plan) == ["a"]
        (line,) = plan.notes
        assert line.startswith("not judged: ")
        assert line.endswith(": 2")
        assert says in line

    def test_an_older_copy_of_the_same_urn_is_no_fault(self) -> None:
        assert _kept(_read(_export(_item(), _item(delete=True)))) == ["a"]

    def test_components_of_others_go_and_their_children_stay(self) -> None:
        child = _item(parent=_urn("eks:index:Cluster", "c"))
        plan = _read(_export(_item("eks:index:Cluster", "c", custom=False), _item("odd", "d", custom=False), child))
        assert _kept(plan) == ["a"]
        assert any("components of other projects, whose children are judged: 2" in line for line in plan.notes)

    def test_providers_are_counted(self) -> None:
        plan = _read(_export(_item(), _item("pulumi:providers:azure-native", "p")))
        assert any("providers, but for secrets in them: 1" in line for line in plan.notes)

    def test_nothing_but_what_is_left_out_is_no_plan(self) -> None:
        with pytest.raises(PlanFileError, match="on their way out"):
            _read(_export(_item(delete=True)))

    def test_aliases_are_not_resources(self) -> None:
        plan = _read(_export(_item(aliases=[_urn("azure:storage/account:Account", "old")])))
        assert (_kept(plan), plan.notes) == (["a"], ())

    def test_a_secret_envelope_is_masked(self) -> None:
        plan = _read(_export(_item(inputs={"key": SECRET}), secrets_providers={"type": "azurekeyvault", "state": {}}))
        assert plan.resources[0].get("key") == MASKED

    def test_what_was_under_way_is_kept_for_the_verdict(self) -> None:
        pending = [{"resource": _item(name="b"), "type": "creating"}, {"type": "deleting"}]
        assert _read(_export(_item(), pending_operations=pending)).under_way == (
            "creating b",
            "deleting of a resource not named",
        )


class TestWhoseLawAppliesIsNotGuessed:
    """An eu stack judged by another law, because somebody forgot a word, would be evidence of nothing."""

    @pytest.mark.parametrize("stack", ["production", "eu", "eu-stage", "shop-prod", "atlantis-dev", "prod"])
    def test_a_name_that_does_not_tell_is_asked_for(self, stack: str) -> None:
        with pytest.raises(PlanFileError, match="whose law applies is not guessed") as error:
            _read(_export(_item(stack=stack)))
        assert "--jurisdiction" in str(error.value)
        assert "hint: bailiwick check export.json --jurisdiction eu --environment prod" in str(error.value)

    def test_what_is_asked_for_holds_and_is_said(self) -> None:
        plan = _read(_export(_item(stack="production")), jurisdiction="uk", environment="dev")
        assert (plan.jurisdiction, plan.environment, plan.stack) == ("uk", "dev", "production")
        assert any("judged as uk-dev" in line for line in plan.notes)

    def test_one_word_of_two_is_not_enough(self) -> None:
        with pytest.raises(PlanFileError, match="names no environment"):
            _read(_export(_item(stack="production")), jurisdiction="uk")

    @pytest.mark.parametrize("asked", [{"jurisdiction": "uk"}, {"environment": "dev"}])
    def test_a_name_that_tells_is_not_overruled(self, asked: dict[str, str]) -> None:
        with pytest.raises(PlanFileError, match="a stack's name decides"):
            _read(_export(_item()), **asked)

    def test_saying_what_the_name_says_does_no_harm(self) -> None:
        plan = _read(_export(_item(stack="eu-prod-b")), jurisdiction="eu", environment="prod")
        assert (plan.environment, plan.notes) == ("prod", ())

    def test_a_law_that_nobody_knows_is_named_with_those_that_are(self) -> None:
        with pytest.raises(PlanFileError, match="'atlantis' is not known; known: au, ca"):
            _read(_export(_item(stack="production")), jurisdiction="atlantis", environment="prod")


class TestABrokenExportIsAClearError:
    """A file that was cut off must not look like a small stack."""

    @pytest.mark.parametrize("at", [0.3, 0.6, 0.95])
    def test_a_truncated_file_is_said_to_be_one(self, at: float) -> None:
        text = json.dumps(_export(*(_item(name=f"n{index}", inputs={"a": ["b"]}) for index in range(20))))
        with pytest.raises(PlanFileError, match="it was cut off") as error:
            parse(text[: int(len(text) * at)], "export.json")
        assert "pulumi stack export --file export.json" in str(error.value)

    @pytest.mark.parametrize(
        ("document", "says"),
        [
            ({"version": 3, "deployment": None}, "without resources"),
            ({"version": 3, "deployment": {}}, "without resources"),
            (_export(), "without resources"),
            (_export(3), "resources[0] must be an object"),
            (_export({"type": "a:b:C", "custom": True}), "'urn'"),
            (_export({"urn": "urn:pulumi:x", "type": "a:b:C"}), "is no URN"),
            (_export(_item(), _item()), "stands twice"),
            (_export(_item(), _item(name="b", stack="uk-prod")), "resources of several stacks"),
        ],
    )
    def test_it_says_what_and_where(self, document: object, says: str) -> None:
        with pytest.raises(PlanFileError) as error:
            _read(document)
        assert says in str(error.value)
        assert "export.json" in str(error.value)
