"""The image holds what the lock says, as the gateway's does: two lists that drift are two supply chains."""

import re

from cli.planning import ROOT

IMAGES = ROOT / "model_images"


def _blocks(name: str) -> dict[str, str]:
    text = (IMAGES / name / "requirements.txt").read_text()
    lines = "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith("#"))
    return {block.partition("==")[0]: block for block in re.split(r"(?m)^(?=[a-z])", lines) if block}


class TestItsPackagesAreTheGateways:
    """Version and hashes alike."""

    def test_each_to_the_byte(self) -> None:
        own, others = _blocks("evaluation"), _blocks("gateway")
        assert own.keys() >= {"aiohttp", "cryptography", "msgspec", "pyyaml"}
        assert {name: block for name, block in own.items() if others.get(name) != block} == {}

    def test_and_so_are_its_bases(self) -> None:
        own, others = ((IMAGES / name / "Dockerfile").read_text() for name in ("evaluation", "gateway"))
        bases = re.findall(r"(?m)^FROM (\S+)", own)
        assert bases
        assert all(f"FROM {base}" in others for base in bases)
