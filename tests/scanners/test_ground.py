"""Fail closed: a scanner that did not do its work is not one that found nothing."""

import json
from pathlib import Path

import pytest

from scanners import dependencies
from scanners.exports import faults_of
from scanners.finding import Finding, ScannerFailed
from scanners.ground import PROGRAMS, Ground
from scanners.kubernetes_schemas import strict
from scanners.screen import as_sarif
from scanners.verdict import verdict
from tests.scanners.test_accepted import TODAY


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    (tmp_path / PROGRAMS).mkdir(parents=True)
    return Ground(root=tmp_path, exports=tmp_path / "exports", files=())


def _program(ground: Ground, script: str) -> None:
    file = ground.root / PROGRAMS / "scanner"
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


class TestAProgram:
    """Missing, failing, or ending as nobody knows."""

    def test_one_that_is_missing(self, ground: Ground) -> None:
        with pytest.raises(ScannerFailed, match="hint: make scan-tools"):
            ground.run("scanner")

    def test_one_that_ends_as_it_should_not(self, ground: Ground) -> None:
        _program(ground, "echo out of memory >&2; exit 137")
        with pytest.raises(ScannerFailed, match="ended with code 137: out of memory"):
            ground.run("scanner", fine=(0, 1))

    def test_one_that_found_something(self, ground: Ground) -> None:
        _program(ground, "echo '[1]'; exit 1")
        assert ground.run("scanner", fine=(0, 1)) == "[1]\n"


class TestATemplate:
    """What outside scanners judge has to be whole: what they can't resolve they pass."""

    def _resource(self, **changed: object) -> dict[str, object]:
        return {"id": "/a", "type": "T", "name": "n", "properties": {}, "dependsOn": [], **changed}

    def _faults(self, *resources: dict[str, object]) -> list[str]:
        return list(faults_of({"resources": list(resources)}))

    def test_a_sound_one(self) -> None:
        assert self._faults(self._resource(), self._resource(id="/b", dependsOn=["/A"])) == []

    @pytest.mark.parametrize(
        ("changed", "fault"),
        [
            ({"dependsOn": ["/elsewhere"]}, "depends on /elsewhere, which is not in the template"),
            ({"properties": {"x": "[unknown before deployment]"}}, "a value that is not known"),
            ({"properties": {"x": ["[secret]"]}}, "holds a secret"),
        ],
    )
    def test_one_thing_broken(self, changed: dict[str, object], fault: str) -> None:
        (found,) = self._faults(self._resource(**changed))
        assert fault in found

    def test_an_id_that_stands_twice(self) -> None:
        assert self._faults(self._resource(), self._resource(id="/A")) == ["two resources have the id /a"]


class TestLocks:
    """Whoever may choose a file of a package may choose what runs."""

    def _found(self, **changed: object) -> list[str]:
        wheels = [{"url": "https://x", "hash": "sha256:0"}]
        package = {"name": "p", "version": "1", "source": {"registry": dependencies.INDEX}, "wheels": wheels}
        return [one.check for one in dependencies.of_lock({"package": [{**package, **changed}]}, "uv.lock")]

    def test_a_pinned_package_of_the_index(self) -> None:
        assert self._found() == []

    @pytest.mark.parametrize(
        ("changed", "check"),
        [
            ({"source": {"git": "https://x"}}, "not-from-the-index"),
            ({"source": {"registry": "https://elsewhere/simple"}}, "not-from-the-index"),
            ({"wheels": [{"url": "https://x"}]}, "not-pinned"),
            ({"wheels": []}, "not-pinned"),
            ({"sdist": {"url": "https://x", "hash": "md5:0"}}, "not-pinned"),
        ],
    )
    def test_one_thing_broken(self, changed: dict[str, object], check: str) -> None:
        assert self._found(**changed) == [check]

    @pytest.mark.parametrize(
        ("text", "faults"),
        [
            ("a==1 \\\n    --hash=sha256:0\n# via b\n", 0),
            ("a==1 ; python_version > '3' \\\n    --hash=sha256:0\n", 0),
            ("a>=1 \\\n    --hash=sha256:0\n", 1),
            ("a==1\n", 1),
            ("https://x/a.whl --hash=sha256:0\n", 1),
        ],
    )
    def test_requirements(self, text: str, faults: int) -> None:
        assert len(list(dependencies.of_requirements(text, "r"))) == faults

    @pytest.mark.parametrize(
        ("expression", "fine"),
        [
            ("MIT", True),
            ("MIT OR GPL-3.0-only", True),
            ("MIT AND GPL-3.0-only", False),
            ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
            ("LGPL-3.0-only", False),
            ("", False),
        ],
    )
    def test_licences(self, expression: str, fine: bool) -> None:  # noqa: FBT001 a case's own answer
        assert dependencies.is_permissive(expression) is fine


class TestKubernetesSchemas:
    """The API's description passes a key that it does not name; a typo in a manifest would too."""

    def test_a_key_that_is_not_named_is_refused(self) -> None:
        assert strict({"type": "object", "properties": {"a": {"type": "string"}}})["additionalProperties"] is False

    @pytest.mark.parametrize("more", [{"additionalProperties": True}, {"x-kubernetes-preserve-unknown-fields": True}])
    def test_what_is_open_stays_open(self, more: dict[str, object]) -> None:
        assert strict({"type": "object", "properties": {}, **more}).get("additionalProperties") is not False

    def test_a_property_may_have_the_name_of_a_word(self) -> None:
        made = strict(
            {"type": "object", "properties": {"properties": {"type": "string"}, "default": {"type": "string"}}}
        )
        assert set(made["properties"]) == {"properties", "default"}

    def test_a_port_is_a_name_or_a_number(self) -> None:
        assert strict({"type": "string", "format": "int-or-string"})["type"] == ["string", "integer"]


class TestSarif:
    """Other tools show it: what is accepted there must not look like what is new."""

    def test_it_has_a_run_for_each_scanner_and_marks_what_is_accepted(self) -> None:
        found = Finding(scanner="hadolint", check="DL1", resource="f", where="f:3", what="w", link="https://x/y")
        document = json.loads(as_sarif(verdict([found], [], today=TODAY, ran=["hadolint"])))
        (run,) = document["runs"]
        assert run["tool"]["driver"]["rules"][0]["helpUri"] == "https://x/y"
        (result,) = run["results"]
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "f"},
            "region": {"startLine": 3},
        }
        assert "suppressions" not in result
