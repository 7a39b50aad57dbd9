"""The manifest: every file by SHA-256, and where the evidence comes from, as an in-toto statement.

Forms: github.com/in-toto/attestation (Statement v1), github.com/secure-systems-lab/dsse (envelope).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from evidence.pack.subject import Subject
from weights.signature import STATEMENT, Signer, envelope

FILE: Final = "manifest.json"
SIGNED: Final = "manifest.dsse.json"
KIND: Final = "urn:bailiwick:evidence:v1"
INDEX_KIND: Final = "urn:bailiwick:evidence-index:v1"
"""Of the folder over all stacks: it names each stack's manifest."""


def manifest(subject: Subject, files: Mapping[str, bytes]) -> bytes:
    """What is signed. The same files and inputs give the same bytes."""
    return statement(files, predicate(subject))


def statement(files: Mapping[str, bytes], told: Mapping[str, object], kind: str = KIND) -> bytes:
    """An in-toto statement about files, by name."""
    document = {
        "_type": STATEMENT,
        "subject": [
            {"name": name, "digest": {"sha256": hashlib.sha256(files[name]).hexdigest()}} for name in sorted(files)
        ],
        "predicateType": kind,
        "predicate": told,
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def signed(content: bytes, sign: Signer, key: str) -> bytes:
    """The envelope of a manifest, with the id of the key that signs."""
    return envelope(content, sign, key)


def predicate(subject: Subject) -> Mapping[str, object]:
    """Verdict and provenance."""
    made, report = subject.provenance, subject.report
    commit = made.commit
    return {
        "stack": subject.name,
        "jurisdiction": subject.stack.jurisdiction.id,
        "verdict": report.verdict,
        "judgedAsOf": subject.judged.isoformat(),
        "rules": len(report.rules),
        "evaluations": report.evaluations,
        "commit": None
        if commit is None
        else {"id": commit.id, "when": commit.when, "subject": commit.subject, "dirty": list(commit.dirty)},
        **({"against": subject.against.base} if subject.against is not None else {}),
        "tools": dict(made.tools),
        "packs": {name: {"rulesSha256": digest} for name, digest in made.packs.items()},
        "inputs": {name: {"sha256": digest} for name, digest in made.inputs.items()},
    }
