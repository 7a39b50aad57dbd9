"""How many bytes a model's weights take: those of the layers as they are quantised, those of the vocabulary as they
are left, and the scales.

Scales are one for each group of a row, or one for each row, whose length is taken for the hidden size: exact for most
matrices, and too many for those that come from the wider middle, which are shorter in number.
"""

from dataclasses import dataclass

from models.form import Architecture, Quantisation


@dataclass(frozen=True, kw_only=True)
class WeightBytes:
    """Bytes of a whole model, before it is split."""

    layers: int
    scales: int
    """Scales and zero points of the layers."""
    embeddings: int
    beside: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.layers + self.scales + self.embeddings + self.beside


def weight_bytes(architecture: Architecture, quantisation: Quantisation) -> WeightBytes:
    """What loading a model takes."""
    inside = architecture.parameters - architecture.embeddings - architecture.beside
    scales = 0
    if quantisation.method != "none":
        groups = -(-inside // (quantisation.group or architecture.hidden))
        scales = _bytes(groups * (quantisation.scale_bits + quantisation.zero_bits))
    return WeightBytes(
        layers=_bytes(inside * quantisation.bits),
        scales=scales,
        embeddings=_bytes(architecture.embeddings * quantisation.embedding_bits),
        beside=_bytes(architecture.beside * 16),
    )


def _bytes(bits: int) -> int:
    return -(-bits // 8)
