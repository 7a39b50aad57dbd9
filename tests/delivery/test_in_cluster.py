"""The job's run: against the documented forms of Prometheus' and App Configuration's APIs, and a real Prometheus."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from delivery.decide import Decision, Look
from delivery.prometheus import Prometheus
from delivery.record import broken_at, line_of
from delivery.routing import Routing, kept, scope_of, written
from delivery.state import BadState, State
from delivery.step import by_hand, run
from delivery.token import scope_of_numbers, token_for
from delivery.web import Unreachable, ask
from tests.delivery.world import LIMITS, NOON

TOKEN = "of-a-test"
Answer = Callable[[str, str, dict[str, str], bytes], tuple[int, object]]


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """A server on loopback that answers JSON."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code, told = answer(self.command, self.path, dict(self.headers), body)
            text = json.dumps(told).encode()
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = _do  # noqa: N815 named by the library

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def vector(*items: tuple[dict[str, str], float | str]) -> dict[str, object]:
    """As prometheus.io/docs/prometheus/latest/querying/api has it."""
    result = [{"metric": labels, "value": [NOON.timestamp(), str(value)]} for labels, value in items]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def both(stable: float | str, candidate: float | str) -> dict[str, object]:
    return vector(({"variant": "stable"}, stable), ({"variant": "candidate"}, candidate))


def numbers(_method: str, path: str, _headers: dict[str, str], body: bytes) -> tuple[int, object]:
    query = parse_qs(body.decode())["query"][0]
    assert path == "/api/v1/query"
    assert 'use_case="clinical-notes"' in query
    if "timestamp(" in query:
        return 200, both(NOON.timestamp() - 30, NOON.timestamp() - 20)
    if "_bucket" in query:
        edges = [
            ({"variant": v, "le": le}, n) for v in ("stable", "candidate") for le, n in (("1", 90.2), ("+Inf", 99.6))
        ]
        return 200, vector(*edges)
    for part, told in (('code=~"5.."', (1, 3.4)), ("refusals", (2, 2)), ("accepted", (70, 7)), ("corrected", (5, 1))):
        if part in query:
            return 200, both(*told)
    return 200, both(1900.4, 99.7)


class Store:
    """The values, as App Configuration keeps them."""

    def __init__(self, value: str | None = None) -> None:
        self.value, self.tag, self.asked = value, 7, []
        self.fails = False

    asked: list[tuple[str, str, dict[str, str]]]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.value or "{}")
        return found

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        self.asked.append((method, path, headers))
        if method == "PUT":
            right = headers.get("If-Match") == f'"{self.tag}"' if self.value else headers.get("If-None-Match") == "*"
            if self.fails or not right:
                return 412, {"title": "Precondition failed"}
            self.value = json.loads(body)["value"]
            self.tag += 1
        elif self.value is None:
            return 404, {"title": "Not found"}
        return 200, {"key": "routing:clinical-notes", "value": self.value, "etag": str(self.tag)}


class TestNumbersComeAsPrometheusSendsThem:
    """A form that was guessed reads as no numbers, and rolls back what was fine."""

    def test_both_versions_are_read_with_their_counts(self) -> None:
        with served(numbers) as url:
            look = Prometheus(url=url).look("clinical-notes", NOON, NOON - timedelta(hours=1))
        assert look.recent is not None
        assert look.recent.candidate.requests == 100
        assert look.recent.candidate.errors == 3
        assert look.recent.stable.first_token == ((1.0, 90), (inf, 100))
        assert look.newest == NOON - timedelta(seconds=30)

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": "error", "errorType": "bad_data", "error": "x"},
            {"status": "success", "data": {"resultType": "matrix", "result": []}},
            {"data": 3},
            [],
        ],
    )
    def test_another_form_is_no_numbers(self, answer: object) -> None:
        with served(lambda *_: (200, answer)) as url, pytest.raises(Unreachable):
            Prometheus(url=url).look("clinical-notes", NOON, None)

    def test_a_version_that_nobody_heard_of_is_no_numbers(self) -> None:
        with served(lambda *_: (200, vector(({"variant": "stable"}, 3)))) as url:
            look = Prometheus(url=url).look("clinical-notes", NOON, None)
        assert (look.recent, look.newest) == (None, None)

    def test_not_a_number_is_none(self) -> None:
        with served(lambda *_: (200, both("NaN", 1))) as url:
            assert Prometheus(url=url).look("clinical-notes", NOON, None) == Look(at=NOON)


class TestTokensGoNowhereElse:
    """A token in the wrong hands reads every number of the stack, or moves its weights."""

    def test_not_by_http_to_another_machine(self) -> None:
        with pytest.raises(Unreachable, match="by https alone"):
            ask("GET", "http://prometheus.example/", token=TOKEN)

    def test_not_to_whom_an_answer_points(self) -> None:
        with served(lambda *_: (302, {})) as url, pytest.raises(Unreachable, match="answered 302"):
            ask("GET", url, token=TOKEN)

    def test_not_into_a_message(self) -> None:
        with served(lambda *_: (500, {})) as url, pytest.raises(Unreachable) as told:
            ask("GET", url, token=TOKEN)
        assert TOKEN not in str(told.value)

    @pytest.mark.parametrize(
        ("host", "audience"),
        [
            ("amw-bw-x1y2.westeurope.prometheus.monitor.azure.com", "prometheus.monitor.azure.com"),
            ("amw-bw-x1y2.usgovvirginia.prometheus.monitor.azure.us", "prometheus.monitor.azure.us"),
            ("prometheus.example", "prometheus.monitor.azure.com"),
        ],
    )
    def test_the_numbers_token_is_asked_for_in_their_own_cloud(self, host: str, audience: str) -> None:
        assert scope_of_numbers(f"https://{host}") == f"https://{audience}/.default"

    def test_the_pods_token_is_given_for_one_of_the_directory(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text("of-the-cluster\n")
        asked: list[bytes] = []

        def authority(_method: str, path: str, _headers: dict[str, str], body: bytes) -> tuple[int, object]:
            asked.append(path.encode() + b"?" + body)
            return 200, {"access_token": "of-the-directory", "token_type": "Bearer"}

        with served(authority) as url:
            told = {
                "AZURE_CLIENT_ID": "c",
                "AZURE_TENANT_ID": "t",
                "AZURE_FEDERATED_TOKEN_FILE": str(file),
                "AZURE_AUTHORITY_HOST": url + "/",
            }
            assert token_for("https://x/.default", told) == "of-the-directory"
        assert asked[0].startswith(b"/t/oauth2/v2.0/token?grant_type=client_credentials")
        assert b"client_assertion=of-the-cluster" in asked[0]

    def test_a_pod_without_an_identity_has_none_and_half_of_one_is_a_fault(self) -> None:
        assert token_for("x", {}) is None
        with pytest.raises(Unreachable, match="half set"):
            token_for("x", {"AZURE_CLIENT_ID": "c"})


def _run(store: Store, answer: Answer, at: datetime = NOON) -> tuple[Decision, list[str], list[str]]:
    told: list[str] = []
    noted: list[str] = []
    with served(store) as weights, served(answer) as url:
        routing, numbers = Routing(url=weights, token=TOKEN), Prometheus(url=url)
        decided = run(LIMITS, numbers=numbers, weights=routing, at=at, tell=told.append, note=noted.append)
    return decided, told, noted


class TestARunMovesTheWeightAndSaysSo:
    """What is in force without a line is a change that nobody can explain."""

    def test_it_begins_and_writes_weight_time_and_standing(self) -> None:
        store = Store()
        decided, told, _ = _run(store, numbers)
        assert decided.weight == 5
        assert store.told["weight"] == 5
        assert (store.told["change"], store.told["at"]) == ("notes-2", "2026-12-01T12:00:00+00:00")
        line = json.loads(told[0])
        assert line["versions"]["candidateModel"] == "b" * 64
        assert line["samples"]["recent"]["candidate"]["requests"] == 100
        assert store.asked[-1][:2] == ("PUT", "/kv/routing%3Aclinical-notes?api-version=2023-11-01")
        assert store.asked[-1][2]["Content-Type"] == "application/vnd.microsoft.appconfig.kv+json"

    def test_lines_of_several_runs_are_a_chain(self) -> None:
        store = Store()
        lines = [_run(store, numbers, NOON + timedelta(seconds=30 * n))[1][0] for n in range(4)]
        assert broken_at(lines) is None
        left_out = broken_at([lines[0], *lines[2:]])
        assert left_out is not None
        assert left_out[0] == 2
        changed = lines[1].replace('"weight":5', '"weight":6')
        assert broken_at([lines[0], changed, *lines[2:]]) is not None
        assert broken_at(lines[1:]) is not None

    def test_prometheus_that_is_down_holds_and_then_takes_back(self) -> None:
        store = Store()
        weights = []
        for minute in range(18):
            decided, _, noted = _run(store, lambda *_: (503, {}), NOON + timedelta(minutes=minute))
            weights.append(decided.weight)
            assert noted
        assert weights[:16] == [5] * 16
        assert weights[-1] == 0

    def test_who_came_between_is_not_overwritten_and_the_line_may_be_followed_again(self) -> None:
        store = Store()
        first = _run(store, numbers)[1]
        store.fails = True
        told: list[str] = []
        with served(store) as weights, served(numbers) as url:
            asked, routing = Prometheus(url=url), Routing(url=weights, token=TOKEN)
            at = NOON + timedelta(minutes=1)
            with pytest.raises(Unreachable, match="answered 412"):
                run(LIMITS, numbers=asked, weights=routing, at=at, tell=told.append, note=told.append)
        store.fails = False
        third = _run(store, numbers, NOON + timedelta(minutes=2))[1]
        assert broken_at([*first, *told, *third]) is None

    @pytest.mark.parametrize("text", ["?", "{}", "[]", '{"state": {"outcome": "fine"}}', '{"state": null}'])
    def test_a_standing_that_cant_be_read_is_a_rollback_and_no_fresh_start(self, text: str) -> None:
        store = Store(text)
        decided, _, noted = _run(store, numbers)
        assert (decided.kind, decided.weight) == ("roll back", 0)
        assert noted
        assert _run(store, numbers, NOON + timedelta(minutes=1))[0].weight == 0

    def test_a_person_takes_it_back_and_the_job_repeats_who_and_why(self) -> None:
        store = Store()
        _run(store, numbers)
        store.value = by_hand(LIMITS, store.value, at=NOON, who="ana", why="patients complained")
        decided, told, _ = _run(store, numbers, NOON + timedelta(minutes=1))
        assert decided.weight == 0
        assert "by ana: patients complained" in told[0]

    def test_a_token_for_a_store_is_for_its_cloud(self) -> None:
        assert scope_of("https://appcs-bw-eu-prod-routing.azconfig.io") == "https://azconfig.io/.default"
        assert scope_of("https://x.azconfig.azure.us/") == "https://azconfig.azure.us/.default"


class TestWhereAChangeStandsIsKeptWhole:
    """What is lost between two runs is decided twice, or never."""

    def test_what_is_written_is_read(self) -> None:
        state = State(
            change="notes-2", began=NOON, step=2, looks=9, looked=NOON, breaches=((), ("errors",)), previous="c" * 64
        )
        assert kept(written(Decision(kind="hold", weight=50, reasons=()), state, NOON)) == state

    def test_what_was_never_begun_is_none_and_what_is_odd_is_a_fault(self) -> None:
        assert kept(None) is None
        with pytest.raises(BadState):
            kept("?")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _backfill(at: datetime, minutes: int) -> str:
    """Counters of a gateway, each minute, in OpenMetrics: 100 requests a minute served, 5 tried."""
    series: dict[str, dict[str, float]] = {
        "bailiwick_gateway_requests_total": {'code="200",variant="stable"': 99.0, 'code="500",variant="stable"': 1.0}
        | {'code="200",variant="candidate"': 4.0, 'code="503",variant="candidate"': 1.0},
        "bailiwick_gateway_refusals_total": {'variant="stable"': 2, 'variant="candidate"': 1},
        "bailiwick_gateway_drafts_total": {
            'variant="stable",verdict="accepted"': 38,
            'variant="stable",verdict="corrected"': 2,
            'variant="candidate",verdict="accepted"': 2,
            'variant="candidate",verdict="corrected"': 0,
        },
    }
    lines = []
    for name, of in series.items():
        lines.append(f"# TYPE {name.removesuffix('_total')} counter")
        for labels, rate in of.items():
            lines += [
                f'{name}{{use_case="clinical-notes",{labels}}} {rate * n} {at.timestamp() - 60 * (minutes - n):.0f}'
                for n in range(minutes + 1)
            ]
    return "\n".join([*lines, "# EOF", ""])


@pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="no Prometheus on PATH: apt-get install prometheus",
)
class TestARealPrometheusIsAsked:
    """What its documentation does not say, it shows."""

    def test_the_queries_are_its_own_and_the_counts_come_back(self, tmp_path: Path) -> None:
        at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=3)
        (tmp_path / "metrics").write_text(_backfill(at, 90))
        (tmp_path / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        data, port = tmp_path / "data", _free_port()
        backfill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(tmp_path / "metrics"), str(data)]
        subprocess.run(backfill, check=True, capture_output=True)
        command = [
            "prometheus",
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            found = _patiently(Prometheus(url=f"http://127.0.0.1:{port}"), at)
        finally:
            server.terminate()
            server.wait(timeout=20)
        assert found.newest == at
        assert found.recent is not None
        assert found.step is not None
        assert abs(found.recent.stable.requests - 500) <= 2
        assert abs(found.step.stable.requests - 6000) <= 20
        assert abs(found.step.candidate.errors - 60) <= 2
        assert abs(found.step.stable.accurate.rate - 0.95) < 0.001


def _patiently(prometheus: Prometheus, at: datetime) -> Look:
    for _ in range(60):
        try:
            return prometheus.look("clinical-notes", at, at - timedelta(hours=1))
        except Unreachable:
            time.sleep(0.25)
    raise AssertionError("Prometheus did not come up")


class TestTheRecordNamesWhatWasDecided:
    """An auditor has the lines, and nothing else."""

    def test_every_line_has_time_change_versions_samples_decision_reasons_and_the_one_before(self) -> None:
        decision = Decision(kind="hold", weight=5, reasons=("too few",))
        line, digest = line_of(LIMITS, Look(at=NOON), decision, previous="0" * 64)
        told: dict[str, Any] = json.loads(line)
        keys = {
            "at",
            "by",
            "change",
            "decision",
            "format",
            "previous",
            "reasons",
            "samples",
            "useCase",
            "versions",
            "weight",
        }
        assert set(told) == keys
        assert "\n" not in line
        assert len(digest) == 64
