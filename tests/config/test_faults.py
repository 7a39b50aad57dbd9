"""Configuration faults: all at once, each with key, value, what is allowed, consequence and hint."""

import copy
import json

import pytest

from cli.planning import ROOT
from config import ConfigError, Fault, parse, reviewing
from plan import stacks
from tests.plans import STACKS


def _values(stack: str = "eu-prod") -> dict[str, object]:
    return copy.deepcopy(stacks.values(ROOT, stack))


def _faults(changes: dict[str, object], stack: str = "eu-prod") -> tuple[Fault, ...]:
    values = _values(stack)
    for path, value in changes.items():
        key, _, rest = path.partition(".")
        target = values
        parts = [f"bailiwick:{key}", *(rest.split(".") if rest else [])]
        for part in parts[:-1]:
            inner = target[part] if isinstance(target, dict) else target[int(part)]
            target = inner  # type: ignore[assignment]  # walks into nested sections
        if isinstance(target, list):
            target[int(parts[-1])] = value
        else:
            target[parts[-1]] = value
    return parse(stack, values)[1]


class TestCommittedStacksHaveNoFaults:
    """They are the examples that everybody copies."""

    @pytest.mark.parametrize("stack", STACKS)
    def test_as_the_file_holds_them_and_as_pulumi_hands_them_over(self, stack: str) -> None:
        native = parse(stack, _values(stack))
        handed = parse(stack, stacks.as_pulumi_hands_them(_values(stack)))
        assert native[1] == handed[1] == ()
        assert native[0] == handed[0]


class TestEveryFaultIsFound:
    """Each was a deployment that failed late, or a leak that nobody saw."""

    @pytest.mark.parametrize(
        ("changes", "key", "says"),
        [
            ({"network.podCidr": "10.40.0.0/16"}, "network.addressSpace, podCidr", "overlaps"),
            ({"network.addressSpace": "10.40.0.0/24"}, "network.addressSpace", "too small"),
            ({"network.addressSpace": "8.8.0.0/16"}, "network.addressSpace", "not a private range"),
            ({"region": "eastus"}, "region", "outside jurisdiction eu"),
            ({"region": "northeurope"}, "gpu.size", "does not offer"),
            ({"gpu.driver": "Install"}, "gpu.driver", "can't install the driver"),
            ({"gpu.spot": True}, "gpu.spot", "spot capacity in prod"),
            ({"gpu.min": 9}, "gpu.min", "fewest exceeds most"),
            ({"confidentialVms.size": "Standard_D4s_v5"}, "confidentialVms.size", "not a confidential size"),
            ({"cluster.fips": True}, "cluster.fips", "not to be had"),
            ({"cluster.tier": "Free"}, "cluster.tier", "'Standard' or 'Premium'"),
            ({"portal.countries": ["DE", "US"]}, "portal.countries", "not among the countries"),
            ({"retention.auditDays": 365}, "retention.auditDays", "under the minimum"),
            ({"keys.custody": "key-vault-premium"}, "keys.custody", "asks for more"),
            ({"people.hsmAdministrators": []}, "people.hsmAdministrators", "too few"),
            ({"gateway.image": "gateway:latest"}, "gateway.image", "a tag can be moved"),
            ({"gateway.image": f"ghcr.io/x/y@sha256:{'0' * 64}"}, "gateway.image", "not from this stack's registry"),
            ({"gpu.devicePlugin": "x:v0.17"}, "gpu.devicePlugin", "a tag can be moved"),
            (
                {"gpu.dcgmExporter": f"nvcr.io/x@sha256:{'0' * 64}"},
                "gpu.dcgmExporter",
                "not from this stack's registry",
            ),
            ({"retrieval.image": f"ghcr.io/x@sha256:{'0' * 64}"}, "retrieval.image", "not from this stack's registry"),
            ({"retrieval.replicasMin": 9}, "retrieval.replicasMin", "fewest exceeds most"),
            ({"gateway.replicasMin": 9, "gateway.replicasMax": 2}, "gateway.replicasMin", "fewest exceeds most"),
            ({"useCases.0.model.sha256": "abc"}, "useCases.0.model.sha256", "match pattern"),
            ({"useCases.0.name": "Clinical Notes"}, "useCases.0.name", "match pattern"),
            ({"environment": "dev"}, "jurisdiction", "names another"),
            ({"jurisdiction": "ue"}, "jurisdiction", "no such jurisdiction"),
            ({"regoin": "westeurope"}, "regoin", "unknown key"),
            ({"network.podCdr": "10.0.0.0/8"}, "network.podCdr", "unknown key"),
            ({"owner": "nobody"}, "owner", "match pattern"),
        ],
    )
    def test_with_its_key_and_every_part_of_its_message(self, changes: dict[str, object], key: str, says: str) -> None:
        found = [fault for fault in _faults(changes) if fault.key == f"bailiwick:{key}"]
        assert found, [fault.key for fault in _faults(changes)]
        assert says in found[0].problem
        assert all((found[0].value, found[0].allowed, found[0].consequence, found[0].hint))

    def test_a_missing_section_is_named(self) -> None:
        values = _values()
        del values["bailiwick:gateway"]
        assert [fault.key for fault in parse("eu-prod", values)[1]] == ["bailiwick:gateway"]

    def test_the_unlawful_cites_law_and_the_malformed_makes_no_plan(self) -> None:
        assert all(fault.law for fault in _faults({"region": "eastus"}) if fault.kind == "unlawful")
        values = _values()
        values["bailiwick:organisation"] = "X"
        assert parse("eu-prod", values)[0] is None


class TestSecretsInClear:
    """A stack file lies in git, and git forgets nothing."""

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("bailiwick:owner", "-----BEGIN RSA PRIVATE KEY-----"),
            ("azure-native:clientSecret", "abc"),
            ("bailiwick:costCentre", "AccountKey=" + "a" * 44),
            ("bailiwick:costCentre", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x"),
            ("bailiwick:hubToken", "hf_" + "a" * 34),
        ],
    )
    def test_it_is_found_and_never_repeated(self, key: str, value: str) -> None:
        faults = parse("eu-prod", {**_values(), key: value})[1]
        assert any("in clear" in fault.problem for fault in faults)
        secret_faults = [fault for fault in faults if "in clear" in fault.problem]
        assert all(value not in json.dumps(fault.__dict__) for fault in secret_faults)

    def test_an_encrypted_value_is_no_secret_in_clear(self) -> None:
        faults = parse("eu-prod", {**_values(), "other:password": {"secure": "AAABAK"}})[1]
        assert faults == ()


class TestTheProgramStopsAtAnyFault:
    """Review of an unlawful plan is for this process only; `pulumi up` has no such door."""

    def test_load_refuses_an_unlawful_dial_unless_reviewed_in_process(self) -> None:
        import pulumi
        from pulumi.runtime import mocks

        from config import load

        values = stacks.as_pulumi_hands_them({**_values(), "bailiwick:region": "eastus"})

        def scenario() -> None:
            pulumi.runtime.settings.configure(
                mocks.MockSettings(monitor=None, engine=None, project="bailiwick", stack="eu-prod")  # type: ignore[no-untyped-call]
            )
            pulumi.runtime.config.set_all_config(values)
            with pytest.raises(ConfigError, match="outside jurisdiction"):
                load()
            with reviewing():
                assert load().region == "eastus"

        import contextvars

        contextvars.copy_context().run(scenario)
