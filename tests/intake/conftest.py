"""What an import needs: weights, a key made for this run, a scanner that stands in for ClamAV's command."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from intake.carried import CarriedFolder
from intake.signing import Signing, from_file
from intake.take_in import Import
from tests.intake.weights import model

REVISION = "ab" * 20
SCANNER = """#!/bin/sh
[ "$1" = --version ] && { echo "ClamAV 1.4.2/27500/Sat Nov 21 10:00:00 2026"; exit 0; }
for folder; do :; done
if grep -rqa EICAR "$folder"; then echo "$folder/LICENSE: Eicar-Test-Signature FOUND"; exit 1; fi
exit 0
"""


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program named clamscan, first on the path, with ClamAV's exit codes."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "clamscan"
    program.write_text(SCANNER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return program


@pytest.fixture(scope="session")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Signing:
    """A key in a file."""
    return from_file(key_file(tmp_path_factory.mktemp("key")))


def key_file(folder: Path) -> Path:
    """A new private key on P-256."""
    file = folder / "signing.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


@pytest.fixture
def job(tmp_path: Path, scanner: Path) -> Import:
    """An import from a carried disk."""
    return Import(
        name="notes",
        revision=REVISION,
        who="A. Engineer",
        source=CarriedFolder(model(tmp_path / "disk")),
        staging=tmp_path / "staging",
    )
