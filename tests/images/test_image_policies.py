"""The verifier's own evaluator, on images in a registry that were signed as cosign signs: what runs, and what doesn't.

The policies are those that the plan makes, for another key; the evaluator is sigstore's `policy-tester`, built from the
module that tools/verifier pins.
"""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.image_policies import CYCLONEDX, MATERIALS, PROVENANCE, SIGNATURES, SLSA, SPDX
from tests.images.attested import BILL, BILL_CYCLONEDX, BUILDER, ORIGIN, asked
from tests.images.registry import Layer, Registry
from tests.images.signing import Signer, attest, attestation, image, sign

pytestmark = pytest.mark.cluster

API = "policy.sigstore.dev/v1alpha1"
Judge = Callable[[str], dict[str, str]]
"""Of a digest: which policies refuse the image, and why; empty where it runs."""
Make = Callable[..., str]


def origin(change: Callable[[Any], object]) -> dict[str, Any]:
    """A provenance with one thing changed."""
    made = copy.deepcopy(ORIGIN)
    change(made)
    return made


@pytest.fixture(scope="module")
def judged(tester: Path, registry: Registry, ours: Signer, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Which policies refuse an image, and what each says. Each by itself: of several, the first is told of alone."""
    folder = tmp_path_factory.mktemp("policies")
    for name, spec in asked(ours).items():
        made = {"apiVersion": API, "kind": "ClusterImagePolicy", "metadata": {"name": name}, "spec": spec}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")

    def judge(digest: str) -> dict[str, str]:
        told = {}
        for file in folder.glob("*.yaml"):
            words = [
                str(tester),
                "-policy",
                str(file),
                "-image",
                f"{registry.host}/app@{digest}",
                "-log-level",
                "error",
            ]
            # No proxy, no home, no credentials: it asks this registry or nobody.
            done = subprocess.run(words, capture_output=True, text=True, check=False, env={"HOME": str(folder)})
            if done.returncode:
                told[file.stem] = " ".join(json.loads(done.stdout)["errors"])
        return told

    return judge


@pytest.fixture(scope="module")
def made(registry: Registry, ours: Signer) -> Callable[..., str]:
    """An image that is signed, and of which this is attested."""

    def make(*attestations: tuple[str, object], by: Signer = ours, about: str = "") -> str:
        digest = image(registry, repr((attestations, by, about)))
        sign(registry, digest, by)
        layers: list[Layer] = [attestation(about or digest, by, kind, said) for kind, said in attestations]
        attest(registry, digest, *layers)
        return digest

    return make


OTHER_ORIGINS: dict[str, Callable[[Any], object]] = {
    "another builder": lambda made: made["runDetails"]["builder"].update(id=f"{BUILDER}s"),
    "no builder": lambda made: made.pop("runDetails"),
    "another source": lambda made: made["buildDefinition"]["resolvedDependencies"][0].update(
        uri="git+https://github.com/hospital-x/clinical-platform"
    ),
    "no source": lambda made: made["buildDefinition"].pop("resolvedDependencies"),
    "no commit": lambda made: made["buildDefinition"]["resolvedDependencies"][0].pop("digest"),
}


class TestWhatRuns:
    """A verifier that refuses everything is switched off within a day."""

    @pytest.mark.parametrize("bill", [(SPDX, BILL), (CYCLONEDX, BILL_CYCLONEDX)], ids=["spdx", "cyclonedx"])
    def test_an_image_with_all_three(self, made: Make, judged: Judge, bill: tuple[str, object]) -> None:
        assert judged(made(bill, (SLSA, ORIGIN))) == {}


class TestWhatDoesNotRun:
    """Each lacks one thing, and one policy says so."""

    def test_an_image_that_nobody_signed(self, registry: Registry, judged: Judge) -> None:
        told = judged(image(registry, "unsigned"))
        assert told.keys() == {SIGNATURES, MATERIALS, PROVENANCE}
        assert "no signatures found" in told[SIGNATURES]

    def test_an_image_that_somebody_else_signed(self, made: Make, judged: Judge, stranger: Signer) -> None:
        told = judged(made((SPDX, BILL), (SLSA, ORIGIN), by=stranger))
        assert told.keys() == {SIGNATURES, MATERIALS, PROVENANCE}
        assert "invalid signature" in told[SIGNATURES]

    def test_an_image_with_attestations_and_no_signature_of_its_own(
        self, registry: Registry, ours: Signer, judged: Judge
    ) -> None:
        digest = image(registry, "attested")
        attest(registry, digest, attestation(digest, ours, SPDX, BILL), attestation(digest, ours, SLSA, ORIGIN))
        assert judged(digest).keys() == {SIGNATURES}

    def test_no_bill_of_materials(self, made: Make, judged: Judge) -> None:
        told = judged(made((SLSA, ORIGIN)))
        assert told.keys() == {MATERIALS}
        # Of either kind; which of the two it tells of first is chance.
        assert "no matching attestations with type" in told[MATERIALS]

    def test_a_bill_that_lists_nothing(self, made: Make, judged: Judge) -> None:
        assert judged(made((SPDX, {**BILL, "packages": []}), (SLSA, ORIGIN))).keys() == {MATERIALS}

    def test_no_provenance(self, made: Make, judged: Judge) -> None:
        told = judged(made((SPDX, BILL)))
        assert told.keys() == {PROVENANCE}
        assert f"no matching attestations with type {SLSA}" in told[PROVENANCE]

    def test_what_was_attested_of_another_image(self, made: Make, judged: Judge) -> None:
        told = judged(made((SPDX, BILL), (SLSA, ORIGIN), about=f"sha256:{'1' * 64}"))
        assert told.keys() == {MATERIALS, PROVENANCE}

    @pytest.mark.parametrize("what", OTHER_ORIGINS)
    def test_a_provenance_that_says(self, made: Make, judged: Judge, what: str) -> None:
        told = judged(made((SPDX, BILL), (SLSA, origin(OTHER_ORIGINS[what]))))
        assert told.keys() == {PROVENANCE}
        assert "policy for type provenance" in told[PROVENANCE]
