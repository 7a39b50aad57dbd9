"""The server itself: of the version that the stacks ask for, and gone when it should be."""

import os
import time
from pathlib import Path

import pytest

from tests.cluster.client import PATIENCE_SECONDS, Client, Object
from tests.cluster.server import DidNotStart, running
from tests.cluster.stage import count_quotas, staged
from tests.plans import STACKS, compliant
from tools.places import API_SERVER, ETCD, kubernetes_version, program

CLUSTER = "azure-native:containerservice:ManagedCluster"


class TestTheVersionIsTheStacks:
    """What one minor version takes, another may have dropped. Needs no server: a bump must not forget the module."""

    def test_the_module_builds_the_minor_version_of_every_stack(self) -> None:
        minor = kubernetes_version().removeprefix("v").rpartition(".")[0]
        assert {cluster.get("kubernetesVersion") for cluster in compliant().of_type(CLUSTER)} == {minor}

    @pytest.mark.cluster
    @pytest.mark.parametrize("stack", STACKS)
    def test_the_server_says_so_too(self, client: Client, stack: str) -> None:
        told = client.get("/version").body
        asked = {cluster.get("kubernetesVersion") for cluster in compliant(stack).of_type(CLUSTER)}
        assert asked == {f"{told['major']}.{told['minor']}"}


@pytest.mark.cluster
class TestItsAdmissionIsOn:
    """Quotas bind only where their plugin runs."""

    def test_a_quota_refuses_what_is_beyond_it(self, client: Client) -> None:
        space: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "narrow"}}
        here = {"namespace": "narrow"}
        account: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", **here}}
        most = {"pods": "0"}
        quota: Object = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "none", **here},
            "spec": {"hard": most},
        }
        pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "one", **here},
            "spec": {"containers": [{"name": "one", "image": "registry.example/one"}]},
        }
        with staged(client, (space, account, quota)):
            count_quotas(client, (quota,))
            answer = client.create(pod, dry=True)
            end = time.monotonic() + PATIENCE_SECONDS
            while answer.accepted and time.monotonic() < end:
                time.sleep(0.2)
                answer = client.create(pod, dry=True)
        assert answer.status == 403
        assert "exceeded quota" in answer.message


@pytest.mark.cluster
class TestNothingStaysBehind:
    """A test run that fails while it starts its programs must not leave them running."""

    @pytest.mark.usefixtures("server")
    def test_what_was_started_is_stopped_where_the_second_program_fails(self, tmp_path: Path) -> None:
        etcd = program(ETCD)
        assert etcd is not None
        broken = tmp_path / API_SERVER
        broken.write_text("#!/bin/sh\necho no luck\nexit 1\n", encoding="utf-8")
        broken.chmod(0o755)
        with pytest.raises(DidNotStart, match="no luck"), running(etcd, broken, tmp_path):
            pass
        assert not [line for line in _command_lines() if str(tmp_path) in line]


def _command_lines() -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in found if line and not line.startswith(str(os.getpid()))]
