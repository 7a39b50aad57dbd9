"""The record of an import, in the form of SLSA's provenance: what came, from where, by whom, through what.

slsa.dev/spec/v1.0/provenance. The subject is the manifest's digest; the statement is signed as the manifest is.
"""

from collections.abc import Mapping

from weights.form import Manifest

KIND = "https://slsa.dev/provenance/v1"
BUILD = "urn:bailiwick:models-import:v1"
BUILDER = "urn:bailiwick:runner"


def predicate(
    manifest: Manifest,
    *,
    began: Mapping[str, str],
    scanned: Mapping[str, object],
    expected: Mapping[str, str] | None,
    version: str,
) -> Mapping[str, object]:
    """What is said of it. `began` has when (`at`), by whom (`by`) and from where (`from`)."""
    return {
        "buildDefinition": {
            "buildType": BUILD,
            "externalParameters": {
                "name": manifest.name,
                "revision": manifest.revision,
                "source": began["from"],
                "checksumsExpected": expected is not None,
            },
            "internalParameters": {"malware": dict(scanned)},
            "resolvedDependencies": [
                {"uri": f"{began['from']}/{file.path}", "digest": {"sha256": file.sha256}} for file in manifest.files
            ],
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"bailiwick": version}},
            "metadata": {"startedOn": began["at"], "invocationId": f"{manifest.name}@{manifest.revision}"},
            "byproducts": [{"name": "importedBy", "content": began["by"]}],
        },
    }
