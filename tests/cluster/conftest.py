"""One API server for the session, with the definitions that the cluster's add-ons would bring."""

import os
from collections.abc import Iterator

import pytest

from tests.cluster.client import Client
from tests.cluster.definitions import definitions
from tests.cluster.server import Server, running
from tools.places import API_SERVER, DEFINITIONS, ETCD, program

REQUIRED = "BAILIWICK_REQUIRE_CLUSTER"
"""Set by `make test-cluster`: then what is missing is a failure, not a skip."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """etcd and kube-apiserver, ready, with every definition."""
    etcd, api_server = program(ETCD), program(API_SERVER)
    if etcd is None or api_server is None or not DEFINITIONS.is_dir():
        lacking = "no etcd, no kube-apiserver or no definitions; hint: make cluster-tools"
        if os.environ.get(REQUIRED):
            pytest.fail(lacking)
        pytest.skip(lacking)
    with running(etcd, api_server, tmp_path_factory.mktemp("cluster")) as found:
        for definition in definitions():
            answer = found.client.apply(definition)
            assert answer.accepted, answer.message
        yield found


@pytest.fixture(scope="session")
def client(server: Server) -> Client:
    """The administrator's."""
    return server.client
