"""CrossGuard's own configuration, honoured: any rule's level, but for those that law leaves to nobody.

The engine sends each policy's level and values once, before it asks anything (`Configure`), and shows what a pack
reports. A level that is held stays mandatory, and the pack says so. pulumi_policy has no place for this: its servicer
is derived from, and put in its module, which `PolicyPack` takes it from.
"""

from collections.abc import Collection
from typing import Any

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import policy as sdk

_WORDS = {
    analyzer_pb2.ADVISORY: "advisory",
    analyzer_pb2.DISABLED: "disabled",
    analyzer_pb2.MANDATORY: "mandatory",
    analyzer_pb2.REMEDIATE: "remediate",
}


def hold(mandatory: Collection[str], advisory: Collection[str]) -> None:
    """From here on, packs of this process keep these policies at their levels, whatever they are configured to."""
    kept = dict.fromkeys(mandatory, analyzer_pb2.MANDATORY) | dict.fromkeys(advisory, analyzer_pb2.ADVISORY)

    class Servicer(sdk._PolicyAnalyzerServicer):  # noqa: SLF001 see the module's head
        """Answers the engine; takes no lower level for what is held."""

        _said: tuple[analyzer_pb2.AnalyzeDiagnostic, ...] = ()

        def Configure(self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: Any) -> Empty:  # noqa: ANN401, N802
            """Levels and values; what is held is put back, and kept to be said."""
            said = []
            for name, given in request.policyConfig.items():
                wanted = kept.get(name)
                if wanted is None or given.enforcementLevel == wanted:
                    continue
                # To remediate lowers nothing: what no fix cures is a mandatory violation.
                if wanted == analyzer_pb2.MANDATORY and given.enforcementLevel == analyzer_pb2.REMEDIATE:
                    continue
                if wanted == analyzer_pb2.MANDATORY or given.enforcementLevel == analyzer_pb2.DISABLED:
                    said.append(self._held(name, given.enforcementLevel, wanted))
                given.enforcementLevel = wanted
            self._said = tuple(said)
            answer: Empty = super().Configure(request, context)  # type: ignore[no-untyped-call]
            return answer

        def AnalyzeStack(self, request: Any, context: Any) -> analyzer_pb2.AnalyzeResponse:  # noqa: ANN401, N802
            """What the policies find, and which levels were not lowered."""
            response: analyzer_pb2.AnalyzeResponse = super().AnalyzeStack(request, context)  # type: ignore[no-untyped-call]
            response.diagnostics.extend(self._said)
            return response

        def _held(self, name: str, asked: Any, level: Any) -> analyzer_pb2.AnalyzeDiagnostic:  # noqa: ANN401
            return analyzer_pb2.AnalyzeDiagnostic(
                policyName=name,
                policyPackName=getattr(self, "_PolicyAnalyzerServicer__policy_pack_name", ""),
                policyPackVersion=getattr(self, "_PolicyAnalyzerServicer__policy_pack_version", ""),
                description="This level is not anybody's to lower.",
                message=(
                    f"the configuration asks for '{_WORDS.get(asked, str(asked))}'; {name} stays {_WORDS[level]}. "
                    "Critical rules of the sovereignty pack, exemptions, and what nobody judged are not configured\n"
                    "hint: remove it from the file of --policy-pack-config; what the law allows is in jurisdictions/"
                ),
                enforcementLevel=analyzer_pb2.ADVISORY,
            )

    sdk._PolicyAnalyzerServicer = Servicer  # type: ignore[misc]  # noqa: SLF001
