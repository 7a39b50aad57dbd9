"""A model's server answers the gateway, on the requests that ask a model something, and nobody else on anything."""

import http.client
import json
import re
import socket
import ssl
from pathlib import Path

import pytest

from components.inference import QUEUE_METRIC
from components.metrics import MOST_CHARACTERS, MOST_LABELS, UNREAD
from tests.components.series import series
from tests.model_images.gateway.credentials import Authority, Pair
from tests.serving.whole import STABLE, Platform

CLOSED = (
    ("POST", "/tokenize"),
    ("POST", "/detokenize"),
    ("GET", "/tokenizer_info"),
    ("GET", "/version"),
    ("GET", "/server_info"),
    ("GET", "/metrics"),
    ("GET", "/load"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("POST", "/pause"),
    ("POST", "/resume"),
    ("POST", "/sleep"),
    ("POST", "/reset_prefix_cache"),
    ("POST", "/collective_rpc"),
    ("POST", "/update_weights"),
    ("POST", "/invocations"),
    ("POST", "/score"),
    ("POST", "/rerank"),
    ("POST", "/pooling"),
    ("POST", "/v1/load_lora_adapter"),
    ("POST", "/v1/audio/transcriptions"),
    ("GET", "/v1/chat/completions"),
    ("DELETE", "/v1/models"),
    ("POST", "/v1/chat/completions/"),
    ("POST", "/v1/chat/completions/../../tokenize"),
    ("POST", "/V1/CHAT/COMPLETIONS"),
    ("POST", "/v1%2fload_lora_adapter"),
    ("POST", "//tokenize"),
)


def request(platform: Platform, pair: Pair | None, method: str, path: str, body: bytes = b"{}") -> tuple[int, bytes]:
    """With a certificate, as the gateway's Envoy does."""
    server = platform.stable[0]
    context = ssl.create_default_context(cafile=str(platform.models_authority.path))
    if pair is not None:
        context.load_cert_chain(pair.path)
    connection = http.client.HTTPSConnection(STABLE, server.port, timeout=60)
    raw = socket.create_connection((server.address, server.port), timeout=60)
    connection.sock = context.wrap_socket(raw, server_hostname=STABLE)
    try:
        connection.request(method, path, body=body, headers={"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class TestOnlyTheGatewayIsAnswered:
    """vLLM's key guards a part of its routes; the proxy guards all of them, by certificate."""

    def test_the_gateways_certificate_opens(self, platform: Platform) -> None:
        status, told = request(platform, platform.to_models, "GET", "/v1/models", b"")
        assert status == 200
        assert json.loads(told)["data"][0]["id"] == "clinical-notes"

    def test_no_certificate_does_not(self, platform: Platform) -> None:
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            request(platform, None, "GET", "/v1/models")

    def test_another_models_certificate_does_not(self, platform: Platform) -> None:
        other = platform.models_authority.issue("vllm.inference-other.svc.cluster.local")
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            request(platform, other, "GET", "/v1/models")

    def test_another_authoritys_does_not(self, platform: Platform, tmp_path: Path) -> None:
        stranger = Authority(tmp_path, "stranger").issue("gateway.gateway.svc.cluster.local")
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            request(platform, stranger, "GET", "/v1/models")

    def test_one_that_has_ended_does_not(self, platform: Platform) -> None:
        ended = platform.models_authority.issue("gateway.gateway.svc.cluster.local", days=-1)
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            request(platform, ended, "GET", "/v1/models")


class TestOnlyModelsAreAsked:
    """Other routes tell tokens, load adapters, stop the engine, or write its weights; one needs no key for them."""

    @pytest.mark.parametrize(("method", "path"), CLOSED)
    def test_is_closed(self, method: str, path: str, platform: Platform) -> None:
        before = len(platform.stable[0].tee.heard)
        status, _ = request(platform, platform.to_models, method, path)
        assert status in (400, 404)
        # The kubelet's and the collector's questions apart, the server heard of nothing.
        heard = bytes(platform.stable[0].tee.heard[before:])
        asked = {line.split()[1] for line in heard.split(b"\r\n") if line.endswith(b"HTTP/1.1")}
        assert asked <= {b"/health", b"/metrics"}

    @pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions", "/tokenize", "/docs", "/"])
    def test_without_a_certificate_there_are_numbers_and_no_more(self, path: str, platform: Platform) -> None:
        assert platform.stable[0].numbers(path)[0] == 404
        assert platform.stable[0].numbers("/metrics")[0] == 200


class TestWhatIsAskedOfItsNumbersIsThere:
    """Names of vLLM's series have changed between versions; an alert on the old one never fires again."""

    def test_every_series_of_alerts_dashboards_and_the_autoscaler(self, platform: Platform) -> None:
        _, told = platform.stable[0].numbers("/metrics")
        kinds = {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE ")}
        wanted = {name.removesuffix("_bucket").removesuffix("_count") for name in series() if name.startswith("vllm:")}
        wanted.add(QUEUE_METRIC)
        assert len(wanted) >= 5
        assert wanted <= kinds

    def test_none_has_more_labels_or_longer_ones_than_the_collector_takes(self, platform: Platform) -> None:
        _, told = platform.stable[0].numbers("/metrics")
        kept = [line for line in told.splitlines() if line[:1] not in ("", "#") and not line.startswith(UNREAD)]
        labels = [re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', line) for line in kept]
        assert len(labels) > 50
        assert max(map(len, labels)) + 12 <= MOST_LABELS  # what the scrape adds
        assert all(len(value) <= MOST_CHARACTERS for found in labels for _, value in found)


class TestNothingListensButTheProxy:
    """torch's store and the workers' sockets ask nobody who he is: they must be on loopback, and the API on none."""

    def test_of_vllm_every_socket_is_on_loopback(self, platform: Platform) -> None:
        found = [address for server in platform.stable for address in _listening(server.vllm.pid)]
        assert found, "vLLM's workers have sockets; none was found, so this test sees nothing"
        assert {address for address in found if address != "127.0.0.1"} == set()

    def test_what_would_switch_it_open_does_not_reach_it(self, platform: Platform) -> None:
        """The pod's environment says VLLM_SERVER_DEV_MODE=1: the entrypoint hands on what it knows, and no more."""
        environment = Path(f"/proc/{platform.stable[0].vllm.pid}/environ").read_bytes().split(b"\0")
        assert b"VLLM_SERVER_DEV_MODE=1" not in environment
        assert b"HF_HUB_OFFLINE=1" in environment


def _listening(pid: int) -> list[str]:
    """Addresses at which a process or one of its descendants listens, over IPv4 and IPv6."""
    inodes: set[str] = set()
    for one in _family(pid):
        for file in Path(f"/proc/{one}/fd").iterdir():
            try:
                target = str(file.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                raw = bytes.fromhex(fields[1].partition(":")[0])
                if table == "tcp":
                    found.append(socket.inet_ntoa(raw[::-1]))
                else:
                    words = b"".join(raw[at : at + 4][::-1] for at in range(0, 16, 4))
                    found.append(socket.inet_ntop(socket.AF_INET6, words))
    return found


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for thread in Path(f"/proc/{one}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found
