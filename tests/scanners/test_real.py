"""The scanners themselves, each on one thing broken: what was recorded of them may not be so any more."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.planning import ROOT
from plan.arm_export import to_arm
from plan.manifests import manifests, to_yaml
from scanners import checkov, kubeconform, linters, pipelines
from scanners.finding import Finding
from scanners.ground import PROGRAMS, Ground
from tests.plans import compliant

pytestmark = pytest.mark.scanning
REQUIRED = "BAILIWICK_REQUIRE_SCANNERS"
"""Set by `make test-scan`: then what is missing is a failure, not a skip."""


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A tree of its own with eu-prod's exports, and the project's scanners."""
    if not (ROOT / PROGRAMS / "checkov").exists():
        lacking = "no scanners in .tools/scan; hint: make scan-tools"
        pytest.fail(lacking) if os.environ.get(REQUIRED) else pytest.skip(lacking)
    (tmp_path / ".tools").mkdir()
    (tmp_path / ".tools" / "scan").symlink_to(ROOT / ".tools" / "scan")
    for name in ("arm", "manifests"):
        (tmp_path / "exports" / name).mkdir(parents=True)
    return Ground(root=tmp_path, exports=tmp_path / "exports", files=())


def _put(ground: Ground, name: str, text: str) -> Ground:
    file = ground.root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return Ground(root=ground.root, exports=ground.exports, files=(*ground.files, file))


class TestAPlanThatIsNotSafe:
    """Our own rules would refuse it too; these are other people's, of the same plan."""

    def _arm(self, ground: Ground, change: Callable[[dict[str, Any]], None]) -> set[tuple[str, str]]:
        subscription = "00000000-0000-0000-0000-000000000000"
        template = json.loads(json.dumps(to_arm(compliant().resources, subscription_id=subscription)))
        store = next(one for one in template["resources"] if one["type"] == "Microsoft.Storage/storageAccounts")
        change(store)
        (ground.exports / "arm" / "eu-prod.json").write_text(json.dumps(template), encoding="utf-8")
        return {(one.check, one.resource) for one in checkov.arm(ground) if store["name"] in one.resource}

    def test_a_store_that_takes_old_tls(self, ground: Ground) -> None:
        before = self._arm(ground, lambda _: None)
        after = self._arm(ground, lambda store: store["properties"].update(minimumTlsVersion="TLS1_0"))
        assert {check for check, _ in after - before} == {"CKV_AZURE_44"}


class TestAManifestThatIsNotSafe:
    """As above, for what goes into the cluster."""

    def _broken(self, ground: Ground, change: Callable[[dict[str, Any]], None]) -> None:
        objects = json.loads(json.dumps(list(manifests(compliant()))))
        change(next(one for one in objects if one["kind"] == "Deployment"))
        (ground.exports / "manifests" / "eu-prod.yaml").write_text(to_yaml(objects), encoding="utf-8")

    def test_a_privileged_container(self, ground: Ground) -> None:
        def privileged(deployment: dict[str, Any]) -> None:
            deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["privileged"] = True

        self._broken(ground, privileged)
        assert "CKV_K8S_16" in {one.check for one in checkov.manifests(ground)}

    def test_a_key_that_the_api_does_not_know(self, ground: Ground) -> None:
        self._broken(ground, lambda deployment: deployment["spec"].update(replica=3))
        (found,) = kubeconform.scan(ground)
        assert "'replica' not allowed" in found.what

    def test_as_it_is_it_has_the_published_form(self, ground: Ground) -> None:
        self._broken(ground, lambda _: None)
        assert list(kubeconform.scan(ground)) == []


class TestFilesThatAreNotSafe:
    """One fault a file."""

    def _checks(self, found: list[Finding]) -> set[str]:
        return {one.check for one in found}

    def test_a_dockerfile(self, ground: Ground) -> None:
        here = _put(ground, "Dockerfile", "FROM debian\nRUN echo\n")
        assert "DL3006" in self._checks(list(linters.hadolint(here)))

    def test_yaml(self, ground: Ground) -> None:
        shutil.copy(ROOT / ".yamllint.yaml", ground.root)
        here = _put(ground, "a.yaml", "a: 1\na: 2\n")
        assert self._checks(list(linters.yamllint(here))) == {"key-duplicates"}

    def test_a_script(self, ground: Ground) -> None:
        here = _put(ground, "run", "#!/bin/sh\nrm -rf $1/x\n")
        assert "SC2086" in self._checks(list(linters.shellcheck(here)))

    def test_a_workflow(self, ground: Ground) -> None:
        job = {"runs-on": "ubuntu-24.04", "steps": [{"run": "echo ${{ github.event.pull_request.title }}"}]}
        text = yaml.safe_dump({"on": "pull_request_target", "jobs": {"a": job}})
        here = _put(ground, ".github/workflows/w.yml", text)
        assert {"template-injection", "dangerous-triggers"} <= self._checks(list(pipelines.zizmor(here)))
        assert "expression" in self._checks(list(pipelines.actionlint(here)))
