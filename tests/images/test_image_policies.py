"""The verifier's own evaluator, on images in a registry that were signed as cosign signs: what runs, and what doesn't.

The policies are those that the plan makes, for another key; the evaluator is sigstore's `policy-tester`, built from the
module that tools/verifier pins.
"""

import copy
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.image_policies import CYCLONEDX, SLSA, SPDX, image_policies
from config.image_verification import ImageVerification
from tests.images.registry import Layer, Registry
from tests.images.signing import Signer, attest, attestation, image, sign

pytestmark = pytest.mark.cluster

Judge = Callable[[str], str]
"""Of a digest: why the image does not run; empty where it does."""
Make = Callable[..., str]

SOURCE = "https://github.com/hospital/"
BUILDER = f"{SOURCE}clinical-platform/.github/workflows/images.yaml@refs/heads/main"
BILL: Mapping[str, Any] = {"spdxVersion": "SPDX-2.3", "packages": [{"name": "openssl"}]}
BILL_CYCLONEDX: Mapping[str, Any] = {"bomFormat": "CycloneDX", "components": [{"name": "openssl"}]}
ORIGIN: dict[str, Any] = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "resolvedDependencies": [
            {
                "uri": "git+https://github.com/hospital/clinical-platform@refs/heads/main",
                "digest": {"gitCommit": "2b214ddf3326016519afcb268f63623b80b91a65"},
            }
        ],
    },
    "runDetails": {"builder": {"id": BUILDER}},
}


def origin(change: Callable[[Any], object]) -> dict[str, Any]:
    """A provenance with one thing changed."""
    made = copy.deepcopy(ORIGIN)
    change(made)
    return made


@pytest.fixture(scope="module")
def judged(tester: Path, registry: Registry, ours: Signer, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """What the evaluator says of an image: nothing, or why not."""
    folder = tmp_path_factory.mktemp("policies")
    verification = ImageVerification(
        image=f"acrbweuprod.azurecr.io/x@sha256:{'0' * 64}", public_keys=(ours.public,), builder=BUILDER, source=SOURCE
    )
    file = folder / "policies.yaml"
    made = [
        {
            "apiVersion": "policy.sigstore.dev/v1beta1",
            "kind": "ClusterImagePolicy",
            "metadata": {"name": name},
            "spec": spec,
        }
        for name, spec in image_policies(verification).items()
    ]
    file.write_text(yaml.safe_dump_all(made), encoding="utf-8")

    def judge(digest: str) -> str:
        words = [str(tester), "-policy", str(file), "-image", f"{registry.host}/app@{digest}", "-log-level", "error"]
        # No proxy, no home, no credentials: it asks this registry or nobody.
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={"HOME": str(folder)})
        if done.returncode == 0:
            return ""
        return " ".join(json.loads(done.stdout)["errors"])

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


class TestWhatRuns:
    """A verifier that refuses everything is switched off within a day."""

    @pytest.mark.parametrize("bill", [(SPDX, BILL), (CYCLONEDX, BILL_CYCLONEDX)], ids=["spdx", "cyclonedx"])
    def test_an_image_with_all_three(self, made: Make, judged: Judge, bill: tuple[str, object]) -> None:
        assert judged(made(bill, (SLSA, ORIGIN))) == ""


class TestWhatDoesNotRun:
    """Each lacks one thing."""

    def test_an_image_that_nobody_signed(self, registry: Registry, judged: Judge) -> None:
        assert "no signatures found" in judged(image(registry, "unsigned"))

    def test_an_image_that_somebody_else_signed(self, made: Make, judged: Judge, stranger: Signer) -> None:
        assert "invalid signature" in judged(made((SPDX, BILL), (SLSA, ORIGIN), by=stranger))

    def test_an_image_with_attestations_and_no_signature_of_its_own(
        self, registry: Registry, ours: Signer, judged: Judge
    ) -> None:
        digest = image(registry, "attested")
        attest(registry, digest, attestation(digest, ours, SPDX, BILL), attestation(digest, ours, SLSA, ORIGIN))
        assert "no signatures found" in judged(digest)

    def test_no_bill_of_materials(self, made: Make, judged: Judge) -> None:
        # Of either kind; which of the two it tells of first is chance.
        assert "no matching attestations with type" in judged(made((SLSA, ORIGIN)))

    def test_a_bill_that_lists_nothing(self, made: Make, judged: Judge) -> None:
        assert "policy for type materials" in judged(made((SPDX, {**BILL, "packages": []}), (SLSA, ORIGIN)))

    def test_no_provenance(self, made: Make, judged: Judge) -> None:
        assert f"no matching attestations with type {SLSA}" in judged(made((SPDX, BILL)))

    def test_what_was_attested_of_another_image(self, made: Make, judged: Judge) -> None:
        assert judged(made((SPDX, BILL), (SLSA, ORIGIN), about=f"sha256:{'1' * 64}")) != ""

    @pytest.mark.parametrize(
        ("what", "change"),
        {
            "another builder": lambda made: made["runDetails"]["builder"].update(id=f"{BUILDER}s"),
            "no builder": lambda made: made.pop("runDetails"),
            "another source": lambda made: made["buildDefinition"]["resolvedDependencies"][0].update(
                uri="git+https://github.com/hospital-x/clinical-platform"
            ),
            "no source": lambda made: made["buildDefinition"].pop("resolvedDependencies"),
            "no commit": lambda made: made["buildDefinition"]["resolvedDependencies"][0].pop("digest"),
        }.items(),
    )
    def test_a_provenance_that_says(
        self, made: Make, judged: Judge, what: str, change: Callable[[Any], object]
    ) -> None:
        assert "policy for type provenance" in judged(made((SPDX, BILL), (SLSA, origin(change))))
