"""A stand-in resource provider: takes every type of its package, and makes nothing.

Run as a Pulumi plugin: prints its port, serves `ResourceProvider`. In a preview outputs are unknown, as they are with
the real provider before a first deployment; in an update they are what Azure would give.
"""

import sys
import time
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from plan.before import told_before
from plan.file import unmark
from plan.outputs import mock_call, mock_outputs

DAY = 86_400
TENANT = "00000000-0000-4000-8000-000000000000"


def plain(properties: dict[str, Any]) -> dict[str, Any]:
    """Inputs without the wire's marks of secrets and outputs."""
    value = unmark(properties)
    assert isinstance(value, dict)
    return value


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Says yes to everything that a preview asks."""

    _subscription = TENANT

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 Pulumi's gRPC interface
        """Secrets and references come as the engine knows them."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """Any version will do."""
        return plugin_pb2.PluginInfo(version="0.0.1")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """The provider's own settings are taken as they are."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """Nothing changes."""
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """A preview asks Create too, so that what is known beforehand is known. Ids are of the subscription given."""
        self._subscription = plain(json_format.MessageToDict(request.args)).get("subscriptionId") or self._subscription
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """Inputs are taken as they are."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """Changed where the inputs are. There is no Update: a deployment that changes what stands fails here."""
        same = plain(json_format.MessageToDict(request.old_inputs)) == plain(json_format.MessageToDict(request.news))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """In a preview: the inputs, and unknown where only the cloud could tell. In an update: id and state."""
        token, name = request.urn.split("::")[2].rpartition("$")[2], request.urn.rpartition("::")[2]
        given = json_format.MessageToDict(request.properties)
        properties: Any = struct_pb2.Struct()
        if request.preview:
            properties.update(told_before(token, given))
            return provider_pb2.CreateResponse(properties=properties)
        identifier, state = mock_outputs(
            token, name, plain(given), urn=request.urn, subscription_id=self._subscription, tenant_id=TENANT
        )
        properties.update(state)
        return provider_pb2.CreateResponse(id=identifier, properties=properties)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """What a plan can answer, and nothing else."""
        answer = struct_pb2.Struct()
        answer.update(mock_call(request.tok, {}))
        return getattr(provider_pb2, "InvokeResponse")(**{"return": answer})  # noqa: B009 a Python keyword

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 as above
        """Nothing is under way."""
        return empty_pb2.Empty()


def main() -> None:
    """Serve until the engine ends the process."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", 1 << 28), ("grpc.max_send_message_length", 1 << 28)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while True:
        time.sleep(DAY)


if __name__ == "__main__":
    main()
