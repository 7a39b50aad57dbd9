"""Conversations over keys made for the run, and texts with spans, for the tests of tokens."""

import os
from collections.abc import Mapping

from hypothesis import strategies as st

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span
from model_images.gateway.guard.tokens.conversation import Conversation, Tokens
from model_images.gateway.guard.tokens.fields import Valid
from model_images.gateway.guard.tokens.keys import Keys, Purpose
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.guard.tokens.vault import Vault

TENANTS = ("north", "south")


def fresh_keys(*epochs: int) -> Keys:
    """Keys of both tenants for each epoch, 1 if none is named."""
    return Keys(
        {
            (purpose, tenant, epoch): os.urandom(32)
            for purpose in Purpose
            for tenant in TENANTS
            for epoch in epochs or (1,)
        }
    )


def tokens(validators: Mapping[str, Valid] | None = None) -> Tokens:
    """Tokens over a store in memory."""
    keys = fresh_keys()
    return Tokens(keys, Vault(keys, SqliteStore(None)), validators=validators)


KEYS = fresh_keys()
SHARED = Tokens(KEYS, Vault(KEYS, SqliteStore(None)))


def conversation(patient: str | None = "p-1", *, reidentify: bool = True) -> Conversation:
    """A conversation of one request."""
    return SHARED.conversation(tenant="north", use_case="letters", patient=patient, reidentify=reidentify)


def luhn(number: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1, annex B)."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(digits) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


# What tokens are made of and live among, beside any Unicode: brackets, escapes, kinds, dates, digits.
PIECES = st.one_of(
    st.text(max_size=8),
    st.characters(exclude_categories=()),
    st.sampled_from(["[", "]", "[[", "]]", "\\", "_", "\\_", "-", " ", ".", '"', "[ [", "😀", "é", "'", "[1]", "😀x"]),
    st.sampled_from(["NAME", "name_", "DATE", "[[NAME", "NAME_", "NAME-"]),
    st.sampled_from(
        ["\ud83d", "\ude00", "e\u0301", "\n", "2021-03-04", "04.03.2021", "4 March 2021", "03/2021", "20210304"]
    ),
    st.sampled_from(["March 2021", "2021", "123456789", "4111 1111 1111 1111", "A1234567", "Ann Lee", "T10:30:00Z"]),
)


@st.composite
def spanned(draw: st.DrawFn, most: int = 14) -> tuple[str, list[Span]]:
    """A text, and any spans over it: of pieces, or from anywhere to anywhere, overlapping too."""
    pieces = draw(st.lists(PIECES, max_size=most))
    text = "".join(pieces)
    edges = [0]
    for piece in pieces:
        edges.append(edges[-1] + len(piece))
    spans = [
        Span(edges[place], edges[place + 1], draw(st.sampled_from(Kind)), "record")
        for place in range(len(pieces))
        if draw(st.booleans())
    ]
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        spans.append(Span(start, draw(st.integers(start, len(text))), draw(st.sampled_from(Kind)), "tagger"))
    return text, spans


def cut(data: st.DataObject, text: str) -> list[str]:
    """The text in any chunks, empty ones among them."""
    edges = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[start:end] for start, end in zip([0, *edges], [*edges, len(text)], strict=True)]
