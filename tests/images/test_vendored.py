"""Copies of what the vendor published stand as he published them."""

from pathlib import Path

import pytest
import yaml

from cli.planning import ROOT
from tools.places import DEFINITIONS

VENDORED = {
    "definition_clusterimagepolicies.yaml": "300-clusterimagepolicy.yaml",
    "definition_trustroots.yaml": "300-trustroot.yaml",
}


class TestTheDefinitions:
    """A field that is dropped from a definition is dropped from every policy, in silence."""

    @pytest.mark.cluster
    @pytest.mark.parametrize(("copy", "published"), VENDORED.items())
    def test_each_is_the_modules_byte_for_byte(self, copy: str, published: str) -> None:
        assert (ROOT / "components" / copy).read_bytes() == (DEFINITIONS / published).read_bytes()

    def test_one_version_everywhere(self) -> None:
        pinned = {(ROOT / "tools" / name / "go.mod").read_text().count(VERSION) for name in ("crds", "verifier")}
        assert pinned == {1}
        assert f"`{RELEASE}`" in (ROOT / "docs" / "guides" / "sign-images.md").read_text()

    @pytest.mark.parametrize("name", VENDORED)
    def test_each_says_whose_it_is(self, name: str) -> None:
        text = Path(ROOT / "components" / name).read_text()
        assert "Sigstore Authors" in text
        assert yaml.safe_load(text)["spec"]["group"] == "policy.sigstore.dev"


RELEASE = "v0.13.1"
VERSION = f"github.com/sigstore/policy-controller {RELEASE}"
