"""What every OSCAL document here is written with: identifiers, properties, metadata.

pages.nist.gov/OSCAL/reference. Version 1.2.1 is the newest that compliance-trestle reads, which a test holds the
documents valid with (`trestle.oscal.OSCAL_VERSION`). Written by hand: trestle takes a second to import.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from evidence.formats.json_bytes import json_bytes
from evidence.pack.subject import Subject
from policies.catalogue import Regulation, Requirement
from policies.packs import PACKS, Pack

Json = dict[str, Any]

OSCAL: Final = "1.2.1"
NS: Final = "urn:bailiwick:oscal"
"""Namespace of the properties that are ours."""
_ROOT: Final = UUID("6f1b1d1e-5b1d-5c4e-9a57-6c0f0f3f8a52")
PERSON: Final = "attesting-person"
"""Role of whoever attests what no rule can show."""
_OUTSIDE_TOKEN: Final = re.compile(r"[^A-Za-z0-9.]+")
_FEDRAMP: Final = re.compile(r"([A-Z]{2}-\d+)(?:\((\d+)\))?")


def identity(*names: str) -> str:
    """A UUID that the same names always have."""
    return str(uuid5(_ROOT, "\0".join(names)))


def control_id(regulation: Regulation, item: Requirement) -> str:
    """A requirement's id as an OSCAL token: `hipaa_164.312-a-2-iv` of `§ 164.312(a)(2)(iv)`.

    FedRAMP's are those of NIST's own catalogue (`ac-2.4` of `AC-2(4)`), so that both can be joined.
    """
    known = _FEDRAMP.fullmatch(item.id) if regulation.id.startswith("fedramp") else None
    if known is not None:
        return known[1].lower() + (f".{known[2]}" if known[2] else "")
    return f"{regulation.id}_{_OUTSIDE_TOKEN.sub('-', item.id).strip('-.')}"


def objectives(regulation: Regulation, item: Requirement) -> Iterator[tuple[str, str]]:
    """Id and `rules` or `person` of each thing to assess of a requirement: what rules show, and what they can't."""
    for what, there in (("rules", item.rules), ("person", item.manual)):
        if there:
            yield f"{control_id(regulation, item)}_obj.{what}", what


def role_of(pack: Pack) -> str:
    """A pack's owner as a token."""
    return pack.owner.replace(" ", "-")


def line(text: str) -> str:
    """Text on one line that is not empty, as titles and values of properties must be."""
    return " ".join(text.split()) or "-"


def prop(name: str, value: object, **more: str) -> Json:
    """A property of ours."""
    return {"name": name, "ns": NS, "value": line(str(value)), **more}


def instant(day: date, time: str = "00:00:00") -> str:
    """A moment of a day, in UTC."""
    return f"{day.isoformat()}T{time}Z"


def source_of(subject: Subject, regulation: Regulation) -> str:
    """UUID of the back matter's resource that names the law's text."""
    return identity("source", subject.name, regulation.id)


def sources(subject: Subject) -> Sequence[Json]:
    """A resource for each regulation in force; it leads to the text that binds."""
    return [
        {
            "uuid": source_of(subject, regulation),
            "title": line(f"{regulation.short}: {regulation.title}"),
            "description": regulation.scope or regulation.title,
            "props": [prop("version", regulation.version), prop("catalogue", regulation.id)],
            "rlinks": [{"href": regulation.source}],
        }
        for regulation in subject.regulations
    ]


def metadata(subject: Subject, title: str) -> Json:
    """Head of a document: its day is the day as of which was judged, so that the same inputs give the same bytes."""
    roles = [{"id": role_of(pack), "title": line(pack.owner), "description": pack.title} for pack in PACKS.values()]
    roles.append({"id": PERSON, "title": "person who attests", "description": "Attests what no rule can show."})
    return {
        "title": line(title),
        "last-modified": instant(subject.judged),
        "version": line(subject.provenance.reference),
        "oscal-version": OSCAL,
        "props": [
            prop("stack", subject.name),
            prop("jurisdiction", subject.stack.jurisdiction.id),
            *(prop("input", name, remarks=f"SHA-256 {digest}") for name, digest in subject.provenance.inputs.items()),
        ],
        "roles": roles,
    }


def document(kind: str, body: Mapping[str, Any]) -> bytes:
    """A document in bytes; its UUID is that of its content, as another content is another revision."""
    content = json.dumps(body, sort_keys=True)
    whole = {kind: {"uuid": identity(kind, hashlib.sha256(content.encode()).hexdigest()), **body}}
    return json_bytes(whole)
