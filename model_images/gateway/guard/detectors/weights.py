"""Weights of the tagger: what each feature says for nothing, a name, a place."""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from model_images.gateway.guard.detectors.words import VERSION
from model_images.gateway.guard.refusal import GuardFailed

WEIGHTS = Path(__file__).parent / "data" / "tagger.bin"
SHA256 = "cbfc99e0acdcf8cd50770b8401d9273092b7c58ffad1eab4721a1828c12cf117"

Vector = tuple[float, float, float]
"""A weight each for nothing, a name and a place."""
ZERO: Vector = (0.0, 0.0, 0.0)


class Model(NamedTuple):
    """Weights by feature; transitions from label to label."""

    features: Mapping[str, Vector]
    transitions: tuple[Vector, Vector, Vector]

    def sum(self, prefix: str, features: Sequence[str]) -> Vector:
        """Weights of some features, added; `prefix` says where the word stands that has them."""
        get = self.features.get
        outside = name = place = 0.0
        for feature in features:
            weights = get(prefix + feature)
            if weights is not None:
                outside += weights[0]
                name += weights[1]
                place += weights[2]
        return outside, name, place


def pack(features: Mapping[str, Vector], transitions: Sequence[Sequence[float]]) -> bytes:
    """The weights file's bytes: hundredths, one feature a line, sorted."""
    lines = [f"bailiwick-tagger {VERSION}", " ".join(f"{round(w * 100)}" for row in transitions for w in row)]
    for feature, weights in sorted(features.items()):
        rounded = [round(weight * 100) for weight in weights]
        if any(rounded):
            lines.append("\t".join([feature, *map(str, rounded)]))
    return zlib.compress("\n".join(lines).encode(), 9)


def unpack(data: bytes) -> Model:
    """The reverse of `pack`."""
    head, numbers, *lines = zlib.decompress(data).decode().split("\n")
    if head != f"bailiwick-tagger {VERSION}":
        raise GuardFailed("de-identify")
    t = [int(number) / 100 for number in numbers.split()]
    features: dict[str, Vector] = {}
    for line in lines:
        feature, o, n, p = line.rsplit("\t", 3)
        features[feature] = int(o) / 100, int(n) / 100, int(p) / 100
    return Model(features, ((t[0], t[1], t[2]), (t[3], t[4], t[5]), (t[6], t[7], t[8])))


@cache
def load() -> Model:
    """The shipped weights. Other bytes than those that were measured are refused."""
    data = WEIGHTS.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise GuardFailed("de-identify")
    return unpack(data)
