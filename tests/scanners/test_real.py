"""The scanners themselves, each on one thing broken: what was recorded of them may not be so any more."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from cli.planning import ROOT
from plan.arm_export import to_arm
from plan.manifests import manifests, to_yaml
from scanners import audit, checkov, kubeconform, linters, pipelines
from scanners.finding import Finding, NotAsked
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
        assert found.where == "Pulumi.eu-prod.yaml"

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


class _Advisories(BaseHTTPRequestHandler):
    """As much of api.osv.dev/v1/query as is asked: one advisory, on one package."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        events = [{"introduced": "0"}, {"fixed": "3.1.3"}]
        package = {"name": "jinja2", "ecosystem": "PyPI"}
        affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}]
        advisory = {"id": "PYSEC-1", "aliases": ["CVE-1"], "details": "d", "affected": affected}
        found = {"vulns": [advisory]} if asked["package"]["name"] == "jinja2" else {}
        text = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Quietly."""


class TestAdvisories:
    """Found where they are asked for, and never taken for none where nobody answers."""

    @pytest.fixture
    def locked(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
        monkeypatch.setattr(audit, "EXPORTS", {})
        monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
        hashes = " --hash=sha256:" + "0" * 64 + "\n"
        return _put(ground, "requirements.txt", f"jinja2==3.1.2{hashes}idna==3.10{hashes}")

    def test_an_advisory_is_a_finding(self, locked: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        with ThreadingHTTPServer(("127.0.0.1", 0), _Advisories) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_address[1]}/v1/query")
            (found,) = audit.scan(locked)
            server.shutdown()
        assert (found.check, found.resource) == ("PYSEC-1", "jinja2==3.1.2")
        assert "3.1.3" in found.what

    def test_silence_is_no_answer(self, locked: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/v1/query")
            with pytest.raises(NotAsked):
                list(audit.scan(locked))
