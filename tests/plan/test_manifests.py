"""Kubernetes manifests of a plan: whole or not at all."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import yaml

from plan.file import MASKED
from plan.manifests import Manifest, NoManifest, identity, manifests, to_yaml
from plan.model import UNKNOWN, Plan
from tests.plans import added, changed, compliant, first_preview


def of_kind(plan: Plan, kind: str) -> list[Manifest]:
    return [found for found in manifests(plan) if found["kind"] == kind]


def with_map(**values: object) -> Plan:
    """The compliant plan with one more ConfigMap."""
    return added(
        compliant(), "kubernetes:core/v1:ConfigMap", {"metadata": {"name": "more", "namespace": "gateway"}, **values}
    )


class TestEveryObjectIsThere:
    """What is left out of the manifests is judged by nobody."""

    def test_as_many_as_the_plan_has(self) -> None:
        planned = compliant().of_type("kubernetes:*")
        assert planned
        assert len(manifests(compliant())) == len(planned)

    def test_version_and_kind_come_from_the_type(self) -> None:
        kinds = {(found["apiVersion"], found["kind"]) for found in manifests(compliant())}
        assert {("v1", "Namespace"), ("apps/v1", "Deployment"), ("keda.sh/v1alpha1", "ScaledObject")} <= kinds


class TestTheOrder:
    """A pod that starts before its policy talks to whom it likes, for a moment."""

    def test_namespaces_come_first_and_what_confines_before_what_runs(self) -> None:
        kinds = [found["kind"] for found in manifests(compliant())]
        assert kinds[0] == "Namespace"
        for before in ("Namespace", "NetworkPolicy", "PriorityClass", "ServiceAccount", "PersistentVolumeClaim"):
            last = len(kinds) - 1 - kinds[::-1].index(before)
            assert last < kinds.index("Deployment"), before

    def test_it_does_not_hang_on_the_order_of_registration(self) -> None:
        plan = compliant()
        assert manifests(replace(plan, resources=plan.resources[::-1])) == manifests(plan)


class TestWhatCannotBeWrittenWhole:
    """A manifest with a gap is taken for the real one."""

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"data": {"host": UNKNOWN}}, r"data\.host is known only after deployment"),
            ({"data": UNKNOWN}, "data is known only after deployment"),
            ({"data": {"key": MASKED}}, r"data\.key is a secret"),
            ({"metadata": {"namespace": "gateway"}}, "no metadata.name"),
            ({"metadata": {"name": "gateway", "namespace": "gateway"}}, "stands twice"),
        ],
    )
    def test_is_refused_with_its_place(self, values: Mapping[str, object], reason: str) -> None:
        (existing,) = (
            found for found in of_kind(compliant(), "ConfigMap") if found["metadata"]["namespace"] == "gateway"
        )
        if reason == "stands twice":
            values = {"metadata": existing["metadata"]}
        with pytest.raises(NoManifest, match=reason):
            manifests(with_map(**values))

    @pytest.mark.parametrize("token", ["kubernetes:helm.sh/v3:Release", "kubernetes:core/v1:ConfigMapList"])
    def test_what_is_no_single_object_is_refused(self, token: str) -> None:
        with pytest.raises(NoManifest, match="is not one object"):
            manifests(added(compliant(), token, {"metadata": {"name": "several"}}))

    def test_a_first_preview_is_refused_where_it_knows_too_little(self) -> None:
        with pytest.raises(NoManifest, match="known only after deployment"):
            manifests(first_preview())


class TestTheYaml:
    """Readers of YAML differ in what they take for a number or a yes."""

    def test_it_reads_back_as_it_was(self) -> None:
        objects = manifests(compliant())
        assert tuple(yaml.safe_load_all(to_yaml(objects))) == objects

    @pytest.mark.parametrize("text", ["1e3", "0x1F", "1_000", "012", "yes", "y", "null", "1:30", "", "a: b", "# no"])
    def test_text_that_looks_like_something_else_is_quoted(self, text: str) -> None:
        changed_plan = changed(compliant(), "kubernetes:core/v1:ConfigMap", "data.ambiguous", text)
        written = to_yaml(manifests(changed_plan))
        assert f'ambiguous: "{text}"' in written

    def test_lines_stay_lines(self) -> None:
        assert "log-data-collection-settings: |" in to_yaml(manifests(compliant()))


def test_an_object_is_known_by_four_words() -> None:
    (deployment,) = (
        found for found in of_kind(compliant(), "Deployment") if found["metadata"]["namespace"] == "gateway"
    )
    assert identity(deployment) == ("apps/v1", "Deployment", "gateway", "gateway")
