"""Whether a model, with the cache of so many requests of such a length, fits a place; with the arithmetic.

On each GPU: weights / GPUs + activations + runtime + requests x cache <= memory x the share that the server may take.
Memory is what a process finds, not what is printed on the card. The same holds for a server without a GPU, whose memory
is its container's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from models.form import Architecture, Model, Models
from models.gpus import Gpus
from models.kv_cache import BLOCK, BLOCK_ON_CPU, Cache, cache_of
from models.reserve import PROCESS, choice_bytes, runtime_bytes, step_bytes
from models.support import Capability, note, unsupported
from models.weights_size import weight_bytes

SHARE = Fraction(9, 10)
"""`--gpu-memory-utilization` of our deployments. vLLM's own default was 0.9 and is 0.92 (vllm/config/cache.py)."""
GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a replica runs."""

    name: str
    memory: int
    """Bytes of each GPU, as a process finds them; of the container, where there is none."""
    gpus: int = 1
    """GPUs of the replica; 0 for none."""
    share: Fraction = SHARE
    """Of the memory that the server may take."""
    batched: int = 2048
    """Tokens of one step."""
    capability: Capability | None = None

    @property
    def budget(self) -> int:
        """Bytes that the server may take, of each GPU."""
        return int(self.memory * self.share)


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked of it."""

    context: int
    """Tokens of the longest request, the answer included."""
    concurrency: int
    """Requests of that length that run at once."""
    kv_bits: int = 16


@dataclass(frozen=True)
class Line:
    """One line of the arithmetic."""

    what: str
    bytes: int
    how: str

    @property
    def words(self) -> str:
        """`weights 28,413,562,880 B = 26.46 GiB: …`."""
        return f"{self.what:<22} {self.bytes:>18,} B {self.bytes / GIB:>9.2f} GiB  {self.how}"


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The answer."""

    place: Place
    load: Load
    lines: tuple[Line, ...]
    """What is needed of each GPU, or of the container."""
    faults: tuple[str, ...]
    """Why it does not fit, or does not run there at all; none where it does."""
    notes: tuple[str, ...]
    largest_concurrency: int
    """Requests of this context that fit at once; 0 for none."""
    largest_context: int
    """Tokens that so many requests may have each; 0 where not one fits."""

    @property
    def fits(self) -> bool:
        """Whether it does."""
        return not self.faults

    @property
    def needed(self) -> int:
        """Bytes of each GPU, or of the container."""
        return sum(line.bytes for line in self.lines)

    @property
    def arithmetic(self) -> str:
        """On one line, in GiB."""
        parts = " + ".join(f"{line.what} {line.bytes / GIB:.2f}" for line in self.lines)
        return f"{parts} = {self.needed / GIB:.2f} GiB, of {self.place.budget / GIB:.2f} ({self._budget})"

    @property
    def _budget(self) -> str:
        return f"{self.place.memory / GIB:.2f} x {float(self.place.share):g} of {self.place.name}"

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "place": self.place.name,
            "gpus": self.place.gpus,
            "context": self.load.context,
            "concurrency": self.load.concurrency,
            "fits": self.fits,
            "bytes": {line.what: line.bytes for line in self.lines},
            "neededBytes": self.needed,
            "budgetBytes": self.place.budget,
            "largestConcurrency": self.largest_concurrency,
            "largestContext": self.largest_context,
            "faults": list(self.faults),
            "notes": list(self.notes),
        }


def on_size(gpus: Gpus, size: str, count: int, *, batched: int | None = None, share: Fraction = SHARE) -> Place:
    """`count` GPUs of a VM size.

    Raises ValueError for a size that has no GPU on record, or fewer.
    """
    found = gpus.of_size(size)
    if found is None:
        raise ValueError(f"no GPU of '{size}' is on record; there: {', '.join(gpus.sizes)}")
    kind, there = found
    if count > there:
        raise ValueError(f"{size} has {there} {kind.name}; a replica asks for {count}, and runs on one node")
    return Place(
        name=f"{kind.name} ({size})",
        memory=kind.usable,
        gpus=count,
        share=share,
        batched=batched or kind.batched_tokens,
        capability=kind.capability,
    )


def without_gpu(memory: int) -> Place:
    """A container of so many bytes. That vLLM keeps to `share` of it there too is its error message's word alone."""
    return Place(name="the container's memory", memory=memory, gpus=0)


def fit(models: Models, model: Model, place: Place, load: Load) -> Fit:
    """Whether it fits, and what would."""
    architecture = models.architectures[model.architecture]
    try:
        needs = _needs(architecture, model, place, load)
    except ValueError as error:
        return Fit(
            place=place, load=load, lines=(), faults=(str(error),), notes=(), largest_concurrency=0, largest_context=0
        )
    result = Fit(
        place=place,
        load=load,
        lines=needs.lines(load),
        faults=(),
        notes=tuple(filter(None, (note(model.quantisation.method, place.capability),))),
        largest_concurrency=needs.concurrency(load.context),
        largest_context=_largest(architecture.max_positions, needs.room_for_each(load.concurrency)),
    )
    return replace(result, faults=tuple(_faults(architecture, model, result)))


def _faults(architecture: Architecture, model: Model, found: Fit) -> Sequence[str]:
    told = []
    missing = unsupported(model.quantisation.method, found.place.capability if found.place.gpus else None)
    if missing is not None:
        told.append(missing)
    if found.load.context > architecture.max_positions:
        told.append(f"a context of {found.load.context} is more than the {architecture.max_positions} it was made for")
    if found.needed > found.place.budget:
        told.append(f"does not fit: {found.arithmetic}")
    return told


@dataclass(frozen=True, kw_only=True)
class _Needs:
    budget: int
    fixed: tuple[Line, ...]
    cache: Cache
    choice: int

    def each(self, context: int) -> int:
        """Bytes that one request more takes."""
        return self.cache.request(context) + self.choice

    @property
    def left(self) -> int:
        return self.budget - sum(line.bytes for line in self.fixed)

    def concurrency(self, context: int) -> int:
        return max(0, self.left // self.each(context))

    def room_for_each(self, concurrency: int) -> Callable[[int], bool]:
        return lambda context: self.each(context) * concurrency <= self.left

    def lines(self, load: Load) -> tuple[Line, ...]:
        cache, count = self.cache, load.concurrency
        full, sliding = cache.blocks(load.context)
        blocks = f"{full} blocks" + (f" + {sliding} of the sliding layers" if sliding else "")
        return (
            *self.fixed,
            Line("choosing tokens", count * self.choice, f"{count} requests x {self.choice:,} B"),
            Line(
                "cache",
                count * cache.request(load.context),
                f"{count} requests x ({blocks}) x {cache.block_bytes:,} B; {cache.block} tokens, {cache.group} layers "
                f"of {cache.layer_token:,} B a block",
            ),
        )


def _needs(architecture: Architecture, model: Model, place: Place, load: Load) -> _Needs:
    split = max(place.gpus, 1)
    size = weight_bytes(architecture, model.quantisation)
    block = 1 if model.server == "llama.cpp" else BLOCK if place.gpus else BLOCK_ON_CPU
    cache = cache_of(architecture, split=split, bits=load.kv_bits, batched=place.batched, block=block)
    # What stands beside the language model is not split by every server: each GPU is taken to hold it.
    weights = -(-(size.total - size.beside) // split) + size.beside
    how = f"({size.layers:,} layers + {size.scales:,} scales + {size.embeddings:,} vocabulary) B / {split}"
    how += f" + {size.beside:,} B beside" if size.beside else ""
    step = step_bytes(architecture, batched=place.batched, split=split)
    runtime = runtime_bytes(place.gpus) if place.gpus else PROCESS
    fixed = (
        Line("weights", weights, how),
        Line("activations", step, f"a step of {place.batched} tokens; an estimate"),
        Line("runtime", runtime, "graphs, CUDA's own and buffers; an estimate" if place.gpus else "an estimate"),
    )
    return _Needs(budget=place.budget, fixed=fixed, cache=cache, choice=choice_bytes(architecture))


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest whole number up to `most` for which it holds; 0 for none. What holds, holds for less."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low
