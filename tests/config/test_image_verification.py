"""Signers in a stack file: public keys on P-256, each once; every fault at once, and no private key repeated."""

import copy
from typing import Any

import pytest
import yaml

from cli.planning import ROOT
from config import Fault, parse

STACK = "eu-prod"
KEY = "bailiwick:imageVerification"
ON_P384 = """-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7tzQ3nNJ0xJH7S3yO3gKGXy2Wb9pzvxy
-----END PUBLIC KEY-----
"""
PRIVATE = "-----BEGIN PRIVATE " + "KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\n-----END PRIVATE " + "KEY-----\n"
"""In two halves, so that the search for secrets in this repository finds none."""


def _values(**changed: object) -> dict[str, Any]:
    found = yaml.safe_load((ROOT / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8"))["config"]
    made: dict[str, Any] = copy.deepcopy(found)
    made[KEY] |= changed
    return made


def _faults(values: dict[str, Any]) -> dict[str, Fault]:
    return {fault.key.removeprefix("bailiwick:"): fault for fault in parse(STACK, values)[1]}


class TestTheCommittedStacks:
    """A key of somebody's that stands in two stacks signs for both."""

    def test_each_has_a_verifier_and_a_signer_of_its_own(self) -> None:
        stacks = [yaml.safe_load(path.read_text())["config"][KEY] for path in sorted(ROOT.glob("Pulumi.*-*.yaml"))]
        keys = [key for found in stacks for key in found["publicKeys"]]
        assert len(keys) == len(set(keys)) == len(stacks)

    def test_as_they_stand_there_is_no_fault(self) -> None:
        assert _faults(_values()) == {}


NONE = {"imageVerification.publicKeys"}


class TestEveryFaultIsFound:
    """Each would be found by the first pod that does not start, or by nobody."""

    def test_a_stack_without_the_section_is_refused(self) -> None:
        values = _values()
        del values[KEY]
        assert _faults(values)["imageVerification"].problem == "missing"

    @pytest.mark.parametrize(
        ("dial", "value"),
        [
            ("publicKeys", []),
            ("publicKeys.0", [ON_P384]),
            ("publicKeys.0", ["https://keys.example/images.pub"]),
            ("builder", "http://github.com/hospital/x"),
            ("source", "https://github.com/hospital"),
            ("source", "https://*.com/"),
            ("image", "acrbweuprod.azurecr.io/bailiwick/policy-controller:latest"),
        ],
    )
    def test_a_value_that_can_not_hold(self, dial: str, value: object) -> None:
        found = _faults(_values(**{dial.partition(".")[0]: value}))
        # Where its one key is wrong, the list has none.
        assert set(found) - {"imageVerification.publicKeys"} == {f"imageVerification.{dial}"} - NONE

    def test_a_foreign_image_is_unlawful(self) -> None:
        image = f"ghcr.io/sigstore/policy-controller@sha256:{'0' * 64}"
        assert _faults(_values(image=image))["imageVerification.image"].kind == "unlawful"

    def test_a_key_twice(self) -> None:
        (key,) = _values()[KEY]["publicKeys"]
        assert _faults(_values(publicKeys=[key, key.strip()]))["imageVerification.publicKeys"].problem.startswith(
            "a key"
        )

    def test_several_at_once(self) -> None:
        found = _faults(_values(publicKeys=[], builder="x", keyless=True))
        assert {"imageVerification.publicKeys", "imageVerification.builder", "imageVerification.keyless"} <= set(found)


class TestAPrivateKey:
    """Whoever pastes the wrong half has told it to all who read the log of the pipeline, if a fault repeats it."""

    def test_it_is_refused_and_not_repeated(self) -> None:
        _, faults = parse(STACK, _values(publicKeys=[PRIVATE]))
        assert faults
        assert not [fault for fault in faults if "MIGHAgEAMBMG" in f"{fault}"]
