"""`sbom.cdx.json`: what the plan deploys, as a CycloneDX 1.6 bill of materials (ECMA-424).

cyclonedx.org/docs/1.6/json. Package URLs: github.com/package-url/purl-spec, types oci, huggingface and pypi. The serial
number and the timestamp come from the content and the day that was judged: the same inputs give the same bytes.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from evidence.formats.json_bytes import json_bytes
from evidence.pack.subject import Subject
from evidence.registers.software import software
from evidence.registers.software_form import Software
from models.form import Licence, Model
from models.images import ImageVersion
from models.reading import FaultyFile

Json = dict[str, Any]

TYPES: Final[Mapping[str, str]] = {
    "image": "container",
    "model": "machine-learning-model",
    "system": "operating-system",
    "service": "platform",
    "extension": "application",
    "chart": "application",
}
_HEX: Final = re.compile(r"[0-9a-f]{64}")
UNPINNED: Final = "not pinned by a digest: what runs may change without a plan"
EXAMPLE: Final = "an example: nobody has built or fetched this"


def cyclonedx(subject: Subject) -> bytes:
    """Images, models, and what Azure runs, each with the resources that deploy it."""
    components = _referable([_component(item) for item in software(subject)])
    root = f"stack:{subject.name}"
    tools = subject.provenance.tools
    body: Json = {
        "metadata": {
            "timestamp": f"{subject.judged.isoformat()}T00:00:00Z",
            "lifecycles": [
                {"name": "plan", "description": "Read from the plan; nothing that is deployed was looked at."}
            ],
            "tools": {"components": [_tool(name, version) for name, version in sorted(tools.items())]},
            "component": {
                "type": "platform",
                "bom-ref": root,
                "name": f"{subject.plan.project} {subject.name}",
                "version": subject.provenance.reference,
            },
        },
        "components": components,
        "dependencies": [
            {"ref": root, "dependsOn": [each["bom-ref"] for each in components]},
            *({"ref": each["bom-ref"], "dependsOn": []} for each in components),
        ],
    }
    number = uuid5(NAMESPACE_URL, json.dumps(body, sort_keys=True))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        **body,
    }
    return json_bytes(document)


def _tool(name: str, version: str) -> Json:
    if name == "bailiwick":
        return {"type": "application", "name": name, "version": version}
    return {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{quote(version)}"}


def _component(item: Software) -> Json:
    more, said = _known(item)
    notes = [*item.notes, *said]
    if item.kind == "image" and not _HEX.fullmatch(item.sha256):
        notes.append(UNPINNED)
    return {
        "type": TYPES[item.kind],
        "bom-ref": ":".join(filter(None, (item.kind, item.maker, item.registry, item.name, item.version, item.sha256))),
        **({"publisher": item.maker} if item.maker else {}),
        "name": item.name,
        **({"version": item.version} if item.version else {}),
        **({"hashes": [{"alg": "SHA-256", "content": item.sha256}]} if _HEX.fullmatch(item.sha256) else {}),
        **more,
        "properties": [
            *({"name": "bailiwick:note", "value": note} for note in notes),
            *({"name": "bailiwick:resource", "value": urn} for urn in item.resources),
        ],
    }


def _referable(components: list[Json]) -> list[Json]:
    """Each by a reference of its own, where two differ in their notes alone."""
    seen: dict[str, int] = {}
    for each in components:
        ref = each["bom-ref"]
        seen[ref] = seen.get(ref, 0) + 1
        each["bom-ref"] = ref if seen[ref] == 1 else f"{ref}#{seen[ref]}"
    return components


def _known(item: Software) -> tuple[Json, Sequence[str]]:
    """What the catalogues of models and images say of it; a faulty catalogue says nothing, and the plan is refused."""
    try:
        if item.kind == "image":
            return _image(item)
        return _model(item) if item.kind == "model" else ({}, ())
    except (FaultyFile, OSError):
        return {}, ("the catalogue could not be read",)


def _image(item: Software) -> tuple[Json, Sequence[str]]:
    from models.images import load  # a plan that is only judged needs none

    image = load().images.get(item.name)
    version = load().known(item.name, f"sha256:{item.sha256}")
    # An expression may name what is outside SPDX's list, as an id may not.
    more: Json = {"licenses": [{"expression": image.licence}]} if image is not None else {}
    if item.sha256:
        where = quote(f"{item.registry}/{item.name}", safe="/")
        last = item.name.rpartition("/")[2]
        more["purl"] = f"pkg:oci/{quote(last)}@sha256%3A{quote(item.sha256)}?repository_url={where}"
    return more, _said(version)


def _said(version: ImageVersion | None) -> Sequence[str]:
    if version is None:
        return ("not in models/images.yaml",)
    return (f"models/images.yaml: version {version.version}", *([EXAMPLE] if version.example else []))


def _model(item: Software) -> tuple[Json, Sequence[str]]:
    from models.catalogue import load  # as above

    catalogue = load()
    model = catalogue.models.get(item.name)
    if model is None:
        return {}, ("not in models/models.yaml",)
    said = [f"hash: of the manifest of its weights; {model.made}"]
    revision = next((each for each in model.revisions if each.commit == item.version), None)
    if revision is None or revision.manifest_sha256 != item.sha256:
        said.append("this revision with this manifest is not in models/models.yaml")
    elif revision.example:
        said.append(EXAMPLE)
    return {"licenses": [_licence(catalogue.licences[model.licence])], "pedigree": _pedigree(model)}, said


def _licence(licence: Licence) -> Json:
    # Outside SPDX's list a licence goes by its name.
    if licence.spdx.startswith("LicenseRef-"):
        return {"license": {"name": licence.title, "url": licence.source}}
    return {"expression": licence.spdx}


def _pedigree(model: Model) -> Json:
    """The public base that it was made from."""
    base = {
        "type": "machine-learning-model",
        "name": model.repository,
        "purl": f"pkg:huggingface/{quote(model.repository, safe='/')}",
    }
    return {"ancestors": [base], "notes": model.made}
