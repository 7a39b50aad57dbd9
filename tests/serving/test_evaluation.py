"""The harness against a real model behind the real gateway: a model of no sense fails, and a signed result says so."""

import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.model_images.gateway.world import EVERYTHING, ROOT, USE_CASE
from tests.serving.servers import NAME, Model
from tests.serving.whole import Platform

MISSED = 3


class TestWhatAModelIsWorthIsMeasuredWhereItServes:
    """The same door, the same guards, the same weights: a result of another place is of another thing."""

    def test_a_suite_runs_through_the_gateway_and_its_result_verifies(
        self, platform: Platform, weights: tuple[Model, Model], tmp_path: Path
    ) -> None:
        world, served = platform.gateway, weights[0]
        key = ec.generate_private_key(ec.SECP256R1())
        (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (tmp_path / "key.pub").write_bytes(
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        (tmp_path / "token").write_text(world.issuer.token(*EVERYTHING))
        done = self._run(
            "run",
            f"--url=https://127.0.0.1:{world.port}/v1",
            f"--model={USE_CASE}",
            f"--name={served.manifest.name}",
            f"--revision={served.manifest.revision}",
            f"--model-sha256={served.manifest.digest}",
            *("--prompt=clinical-notes", "--prompt-version=1.0.0", f"--prompt-sha256={'0' * 64}"),
            *("--suite=clinical-de", "--suite=safety-notes", "--max-tokens=16", "--floor=0.8"),
            *(f"--key={tmp_path / 'key.pem'}", f"--out={tmp_path / 'result.json'}"),
            *(f"--ca={world.authority.path}", f"--token-file={tmp_path / 'token'}"),
            *(f"--certificate={world.caller.path}", f"--certificate-key={world.caller.path}"),
        )
        assert done.returncode == MISSED, done.stderr[-2000:]
        verified = self._run("verify", str(tmp_path / "result.json"), f"--key={tmp_path / 'key.pub'}")
        assert "Traceback" not in done.stderr + verified.stderr
        assert verified.returncode == 0, verified.stderr
        assert f"{NAME}@{served.manifest.revision[:12]} {served.manifest.digest}" in verified.stdout
        assert "clinical-de: 0/" in verified.stdout

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "model_images.evaluation", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
