"""The forms of `models.yaml`: what is written of each model, its licence and its architecture."""

from datetime import date
from typing import Literal

from attrs import field, frozen

from jurisdictions.model import Slug
from models.checks import HEX40, HEX64, address, at_least, shaped, some, text

DataClass = Literal["public", "internal", "confidential", "personal", "phi", "payment"]
"""As the dials have them: tests/models/test_catalogue.py holds the two together."""
Environment = Literal["prod", "dev"]
Clinical = Literal["allowed", "on-conditions", "prohibited"]
Method = Literal["none", "fp8", "int8", "int4", "awq", "gptq", "gguf"]
Server = Literal["vllm", "llama.cpp"]
HOST = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"


@frozen(kw_only=True)
class Source:
    """A host that weights may be fetched from, by `bailiwick models import` and by nothing in the cluster."""

    host: str = field(metadata=shaped(HOST, "a host's name"))
    why: str = field(metadata=text())


@frozen(kw_only=True)
class Licence:
    """What a licence lets a hospital do."""

    spdx: str = field(metadata=shaped(r"[A-Za-z0-9.+-]+", "an SPDX id, or LicenseRef-…"))
    title: str = field(metadata=text())
    source: str = field(metadata=address())
    clinical: Clinical
    """Whether it lets the model be used on what concerns patients."""
    conditions: str = field(metadata=text())
    """What it asks, in our words; the licence's own hold."""
    verified: date | None
    """The day on which somebody read its text last; null where it was not read here."""


@frozen(kw_only=True)
class Sliding:
    """Layers that keep only the last tokens."""

    layers: int = field(metadata=at_least(1))
    window: int = field(metadata=at_least(1))
    """Tokens."""


@frozen(kw_only=True)
class Latent:
    """Multi-head latent attention: one compressed vector for keys and values of all heads."""

    rank: int = field(metadata=at_least(1))
    rope: int = field(metadata=at_least(0))
    """Values of the part that holds positions, beside it."""


@frozen(kw_only=True)
class Experts:
    """A mixture: all are in memory, few answer."""

    count: int = field(metadata=at_least(2))
    per_token: int = field(metadata=at_least(1))
    activated_parameters: int = field(metadata=at_least(1))


@frozen(kw_only=True)
class Architecture:
    """What its config.json says, as far as memory needs it."""

    parameters: int = field(metadata=at_least(1))
    layers: int = field(metadata=at_least(1))
    hidden: int = field(metadata=at_least(1))
    intermediate: int = field(metadata=at_least(1))
    """Of one expert, in a mixture."""
    heads: int = field(metadata=at_least(1))
    kv_heads: int = field(metadata=at_least(1))
    head_dim: int = field(metadata=at_least(1))
    vocabulary: int = field(metadata=at_least(1))
    max_positions: int = field(metadata=at_least(1))
    """Longest context it was made for, in tokens."""
    tied: bool
    """Whether the output's matrix is the input's."""
    beside: int = field(default=0, metadata=at_least(0))
    """Parameters outside the language model, such as those that see images."""
    sliding: Sliding | None = None
    latent: Latent | None = None
    experts: Experts | None = None
    source: str = field(metadata=text())
    """Where this was read, and what of it was not."""

    @property
    def embeddings(self) -> int:
        """Parameters of the vocabulary's matrices."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def full_layers(self) -> int:
        """Layers that keep every token."""
        return self.layers - (self.sliding.layers if self.sliding is not None else 0)


@frozen(kw_only=True)
class Quantisation:
    """How the weights of the layers are written; those of the vocabulary stay as `embedding_bits` says."""

    method: Method
    bits: int = field(metadata=at_least(2))
    """Of one weight."""
    group: int = field(default=0, metadata=at_least(0))
    """Weights that share a scale; 0 where each row of a matrix has its own."""
    scale_bits: int = field(default=16, metadata=at_least(0))
    zero_bits: int = field(default=0, metadata=at_least(0))
    """Of each group's zero point, where it has one."""
    embedding_bits: int = field(default=16, metadata=at_least(2))


@frozen(kw_only=True)
class Revision:
    """One state of the weights, to the byte."""

    commit: str = field(metadata=HEX40)
    manifest_sha256: str = field(metadata=HEX64)
    example: bool = False
    """True where no such weights exist: replace it before you deploy."""


@frozen(kw_only=True)
class Accepted:
    """Who says that a licence's conditions are met, and by what."""

    by: str = field(metadata=text())
    date: date
    reference: str = field(metadata=text())
    example: bool = False


@frozen(kw_only=True)
class Evaluation:
    """One evaluation that was made, and whose report is kept."""

    suite: str = field(metadata=text())
    date: date
    scores: dict[str, float] = field(factory=dict)
    report_sha256: str = field(metadata=HEX64)


@frozen(kw_only=True)
class Allowed:
    """What a model may be used for."""

    use_cases: tuple[Slug, ...] = field(metadata=some())
    data_classes: tuple[DataClass, ...] = field(metadata=some())
    environments: tuple[Environment, ...] = field(metadata=some())


@frozen(kw_only=True)
class Model:
    """One model, under the name by which stacks know it."""

    repository: str = field(metadata=shaped(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", "owner/name"))
    """Of the base that it was made of."""
    made: str = field(metadata=text())
    """How it differs from that base, and who made it so."""
    architecture: str
    licence: str
    server: Server
    quantisation: Quantisation
    revisions: tuple[Revision, ...] = ()
    """Those that may be deployed; none for a model that can only be planned with."""
    allowed: Allowed | None = None
    """None for a model that nobody decided about."""
    accepted: Accepted | None = None
    """Needed where the licence lets patients' data in on conditions."""
    evaluations: tuple[Evaluation, ...]
    """Empty where nobody evaluated it."""


@frozen(kw_only=True)
class Models:
    """The whole file."""

    format: Literal["bailiwick-models/1"]
    sources: tuple[Source, ...]
    licences: dict[str, Licence]
    architectures: dict[str, Architecture]
    models: dict[str, Model]
