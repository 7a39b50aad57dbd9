"""What a text says beneath its encodings, down to a depth, with bounds on the work."""

from collections.abc import Iterator
from dataclasses import dataclass

from model_images.gateway.guard.prompt_guard.decoders import DECODERS, GUARD, Stretch
from model_images.gateway.guard.prompt_guard.signs import plausible
from model_images.gateway.guard.refusal import Refused

DEPTH = 3
"""Encodings within encodings that are undone; what is wrapped more often is refused."""
LAYERS = 2_000
"""Stretches that one text may unfold into."""
GROWTH, FLOOR = 12, 131_072
"""Characters that may come out: so many for each that went in, and these."""

_ONCE = ("leet", "turned")
"""Their own inverses, or always yielding something: not looked for in what one of them yielded."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A stretch of a text, decoded."""

    how: str
    """The encodings from outermost to innermost, as `base64>percent`."""
    start: int
    end: int
    """Where in the text as sent the outermost encoding stands."""
    text: str
    sure: bool
    """False where the stretch might be no encoding at all, but chance."""


def _stretches(name: str, source: str, *, proved: bool) -> Iterator[Stretch]:
    """What one decoder reads. A guess makes garbage of data that was decoded already, and garbage looks like a file."""
    try:
        yield from DECODERS[name](source)
    except Refused:
        if proved:
            raise


def layers(text: str) -> Iterator[Layer]:
    """Every decoded stretch, nested ones after those that hold them. Raises Refused at the bounds."""
    work = [(text, "", 0, len(text), True, 1)]
    seen = {text}
    left, many = GROWTH * len(text) + FLOOR, 0
    while work:
        source, outer, start, end, proved, depth = work.pop()
        for name in plausible(source):
            if name in _ONCE and outer.endswith(_ONCE):
                continue
            for stretch in _stretches(name, source, proved=proved):
                if stretch.text in seen:
                    continue
                sure = proved and stretch.sure
                if depth > DEPTH:
                    if sure:
                        raise Refused(GUARD, "encoded-too-deep", f"A text is encoded over {DEPTH} times.", status=400)
                    continue
                seen.add(stretch.text)
                left -= len(stretch.text)
                many += 1
                if left < 0 or many > LAYERS:
                    raise Refused(GUARD, "encoded-too-much", "A text unfolds into far more than itself.", status=400)
                at = (stretch.start, stretch.end) if not outer else (start, end)
                how = f"{outer}>{name}" if outer else name
                yield Layer(how, *at, stretch.text, sure)
                work.append((stretch.text, how, *at, sure, depth + 1))
