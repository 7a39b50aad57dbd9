"""kubeconform: every manifest against the schemas of Kubernetes and of each custom resource, strictly.

`make test-cluster` asks a real API server, which knows more. This asks in seconds, of the schemas alone.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scanners.finding import Finding, ScannerFailed
from scanners.ground import Ground, parsed
from scanners.kubernetes_schemas import write

TEMPLATE = "{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""Of a schema's file; kubeconform writes the kind in lower case."""


def scan(ground: Ground) -> Iterator[Finding]:
    """Every stack's manifests, and the edge site's."""
    stacks = sorted((ground.exports / "manifests").iterdir())
    edge = [ground.root / name for name in ground.named(".yaml") if name.startswith("edge/") and _is_object(name)]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        words = ("-strict", "-summary", "-output", "json", "-schema-location", f"{folder}/{TEMPLATE}")
        said = ground.run("kubeconform", *words, *map(str, [*stacks, *edge]), fine=(0, 1))
    for finding in read(said, least=len(stacks)):
        file = Path(finding.where)
        inside = file.is_relative_to(ground.root) and not file.is_relative_to(ground.exports)
        where = file.relative_to(ground.root).as_posix() if inside else f"Pulumi.{file.stem}.yaml"
        yield replace(finding, where=where)


def _is_object(name: str) -> bool:
    """Not the instructions of kustomize, nor the API server's own file, which nobody applies."""
    return not name.endswith(("kustomization.yaml", "audit-policy.yaml"))


def read(text: str, *, least: int) -> Iterator[Finding]:
    """Of its JSON. An object without a schema is a finding, as is one that can't be read."""
    document = parsed(text, "kubeconform")
    if sum(document["summary"].values()) < least or document["summary"]["skipped"]:
        raise ScannerFailed(f"kubeconform looked at too little: {json.dumps(document['summary'])}")
    for one in document["resources"]:
        name = f"{one['kind'] or 'object'}.{one['name'] or 'without-a-name'}"
        check = {"statusInvalid": "invalid", "statusError": "not-read"}.get(one["status"], one["status"])
        yield Finding(scanner="kubeconform", check=check, resource=name, where=one["filename"], what=one["msg"])
