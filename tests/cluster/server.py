"""etcd and kube-apiserver for the length of a test run: on loopback, with throw-away keys, and gone afterwards.

There is no scheduler, no controller and no node: objects are judged and stored, and nothing runs. What a controller
would do before a request can be judged is done where it is needed, and said there.
"""

import ctypes
import json
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.planning import ROOT
from tests.cluster.client import Client, Object

START_SECONDS = 120.0
"""Five on an idle machine; the rest is for one that is busy with other tests."""
STOP_SECONDS = 15.0
ATTEMPTS = 3
"""Between asking for a free port and using it, another process may take it."""
CERTIFICATES = "certificates"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)

AUDIT_POLICY = ROOT / "edge" / "audit-policy.yaml"
"""A site's: who, what, and the annotations that admission makes."""

VIOLATIONS = "pod-security.kubernetes.io/audit-violations"
ENFORCED = "pod-security.kubernetes.io/enforce-policy"
DEPRECATED = "k8s.io/deprecated"
"""Annotations that the server makes on an audit record: kubernetes.io/docs/reference/labels-annotations-taints."""


class DidNotStart(RuntimeError):
    """With the end of what the program said."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running API server."""

    client: Client
    audit_log: Path

    def records(self, audit_ids: Collection[str]) -> Mapping[str, Object]:
        """Audit id to the whole record; waits for the last one as below."""
        self.annotations(audit_ids)
        lines = self.audit_log.read_text(encoding="utf-8").split("\n")[:-1]
        events = map(json.loads, lines)
        return {event["auditID"]: event for event in events if event["auditID"] in audit_ids}

    def annotations(self, audit_ids: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Audit id to what admission noted; waits for the last record, which is written after the answer is sent."""
        end = time.monotonic() + 10
        while True:
            lines = self.audit_log.read_text(encoding="utf-8").split("\n")[:-1]
            noted = {event["auditID"]: event.get("annotations") or {} for event in map(json.loads, lines)}
            if noted.keys() >= set(audit_ids) or time.monotonic() > end:
                return {audit_id: noted[audit_id] for audit_id in audit_ids}
            time.sleep(0.05)


@contextmanager
def running(etcd: Path, api_server: Path, folder: Path) -> Iterator[Server]:
    """Both, ready to answer. Raises DidNotStart."""
    with ExitStack() as stack:
        store, _ = _on_free_ports(2, lambda ports: _etcd(stack, etcd, folder, *ports))
        token = _surroundings(folder)
        (port,) = _on_free_ports(1, lambda ports: _api_server(stack, api_server, folder, store, *ports))
        with closing(_client(folder, token, port)) as client:
            _until_namespaces_stand(client)
            yield Server(client=client, audit_log=folder / "audit.log")


def _surroundings(folder: Path) -> str:
    """What the API server reads; the administrator's token."""
    token = secrets.token_urlsafe(32)
    tokens = folder / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(f'{token},administrator,administrator,"system:masters"\n', encoding="utf-8")
    # Signs tokens of service accounts. Serving certificates the server makes itself.
    key = ["openssl", "genrsa", "-out", str(folder / "accounts.key"), "2048"]
    subprocess.run(key, capture_output=True, check=True)
    return token


def _etcd(stack: ExitStack, program: Path, folder: Path, client: int, peer: int) -> None:
    own, others = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    words = [
        str(program),
        f"--data-dir={folder / f'etcd-{client}'}",
        f"--listen-client-urls={own}",
        f"--advertise-client-urls={own}",
        f"--listen-peer-urls={others}",
        f"--initial-advertise-peer-urls={others}",
        f"--initial-cluster=default={others}",
    ]
    _start(stack, words, folder / "etcd.log", lambda: _listens(client))


def _api_server(stack: ExitStack, program: Path, folder: Path, store: int, port: int) -> None:
    key = folder / "accounts.key"
    words = [
        str(program),
        f"--etcd-servers=http://127.0.0.1:{store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder / CERTIFICATES}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=Node,RBAC",
        # Beside those that are on unless told: Pod Security, quotas, limits, CEL policies, accounts, priorities.
        "--enable-admission-plugins=NodeRestriction",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        # As AKS has it: so that it's admission that refuses a privileged pod, and not this switch.
        "--allow-privileged=true",
        f"--audit-policy-file={AUDIT_POLICY}",
        f"--audit-log-path={folder / 'audit.log'}",
        "--audit-log-mode=blocking-strict",
        "--endpoint-reconciler-type=none",
        # A webhook's service is asked at its endpoints: nobody here carries a service's own address to them.
        "--enable-aggregator-routing=true",
    ]
    token = (folder / "tokens.csv").read_text(encoding="utf-8").partition(",")[0]
    _start(stack, words, folder / "api-server.log", lambda: _ready(folder, token, port))


def _start(stack: ExitStack, words: list[str], log: Path, ready: Callable[[], bool]) -> None:
    """Start a program that the stack will stop, and wait for it. Raises DidNotStart."""
    with log.open("ab") as said, ExitStack() as attempt:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, preexec_fn=_die_with_us)
        attempt.callback(_stop, process)
        end = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise DidNotStart(f"{Path(words[0]).name} ended or is not ready after {START_SECONDS:.0f} s:\n{tail}")
            time.sleep(0.1)
        stack.push(attempt.pop_all())


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _die_with_us() -> None:
    """A test run that is killed stops nothing itself: the kernel does."""
    if hasattr(_LIBC, "prctl"):  # Linux alone has it
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _on_free_ports(count: int, start: Callable[[tuple[int, ...]], None]) -> tuple[int, ...]:
    for attempt in range(ATTEMPTS):
        with ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in range(count)]
            for each in sockets:
                each.bind(("127.0.0.1", 0))
            ports = tuple(each.getsockname()[1] for each in sockets)
        try:
            start(ports)
        except DidNotStart:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return ports
    raise AssertionError


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _client(folder: Path, token: str, port: int) -> Client:
    return Client(port=port, token=token, authority=folder / CERTIFICATES / "apiserver.crt")


def _ready(folder: Path, token: str, port: int) -> bool:
    try:
        with closing(_client(folder, token, port)) as client:
            return client.get("/readyz").accepted
    except OSError:
        return False


def _until_namespaces_stand(client: Client) -> None:
    """The server makes its own namespaces a moment after it is ready."""
    end = time.monotonic() + START_SECONDS
    while not client.get("/api/v1/namespaces/kube-system").accepted:
        if time.monotonic() > end:
            raise DidNotStart("the API server made no namespace kube-system")
        time.sleep(0.1)
