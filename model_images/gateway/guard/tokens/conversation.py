"""A conversation's tokens: identifiers of its texts become tokens, and the model's answers get them back.

What a text became is restored before anything else is done with it: if that is not what the caller sent, character for
character, nothing passes. Without a name of its own a conversation is one request long, and the vault sees none of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.refusal import GuardFailed
from model_images.gateway.guard.spans import Span
from model_images.gateway.guard.tokens.dates import shift_days
from model_images.gateway.guard.tokens.failing_closed import GUARD, fails_closed
from model_images.gateway.guard.tokens.fields import Valid
from model_images.gateway.guard.tokens.json_strings import ArgumentsRestorer
from model_images.gateway.guard.tokens.keys import Keys
from model_images.gateway.guard.tokens.lexicon import Lexicon
from model_images.gateway.guard.tokens.markers import ForeignToken, mint
from model_images.gateway.guard.tokens.restore import Restorer
from model_images.gateway.guard.tokens.sealing import Minted
from model_images.gateway.guard.tokens.stretches import Stretch, stretches
from model_images.gateway.guard.tokens.surrogates import Form, Mode, Surrogates
from model_images.gateway.guard.tokens.vault import MOST_TOKENS, TooManyTokens, Vault


class Tokens:
    """Makes conversations. One for the gateway; threads share it."""

    def __init__(
        self, keys: Keys, vault: Vault, *, validators: Mapping[str, Valid] | None = None, keep_weekday: bool = False
    ) -> None:
        self._keys, self._vault = keys, vault
        self._validators = dict(validators or {})
        self._keep_weekday = keep_weekday

    @fails_closed
    def conversation(
        self,
        *,
        tenant: str,
        use_case: str,
        conversation: str | None = None,
        patient: str | None = None,
        reidentify: bool = True,
        locale: str = "",
    ) -> "Conversation":
        """The conversation, with what was minted in it before. `patient` is whose dates are shifted, and is erased."""
        surrogates = Surrogates(self._keys, tenant, validators=self._validators, locale=locale)
        if patient is not None:
            surrogates.days = shift_days(surrogates.key, patient, keep_weekday=self._keep_weekday)
        put = None
        before: list[Minted] = []
        if conversation is not None:
            name = _named(use_case, conversation)
            before = self._vault.load(tenant, name)

            def put(minted: Sequence[Minted]) -> list[Minted]:
                return self._vault.mint_all(tenant, name, patient, minted)

        return Conversation(surrogates, before, put, reidentify=reidentify)

    @fails_closed
    def erase(self, *, tenant: str, use_case: str, conversation: str | None = None, patient: str | None = None) -> int:
        """Removes a conversation's tokens, or what was minted for a patient in any of the tenant's; how many."""
        if conversation is not None:
            return self._vault.erase_conversation(tenant, _named(use_case, conversation))
        if patient is not None:
            return self._vault.erase_patient(tenant, patient)
        raise GuardFailed(GUARD)


def _named(use_case: str, conversation: str) -> str:
    """What a conversation is called in the vault: the same id in two use cases is two conversations."""
    return f"{len(use_case)}:{use_case}{conversation}"


class Conversation:
    """One request's view of a conversation. For one thread at a time."""

    def __init__(
        self,
        surrogates: Surrogates,
        before: Sequence[Minted],
        put: Callable[[Sequence[Minted]], list[Minted]] | None,
        *,
        reidentify: bool,
    ) -> None:
        self._surrogates, self._put, self._reidentify = surrogates, put, reidentify
        self._lexicon = Lexicon()
        self._tokens: dict[tuple[str, str, str], str] = {}
        """By kind, form and value."""
        self._kinds: dict[str, Kind] = {}
        """Of literals."""
        self._sent: list[str] = []
        """What the model was given so far in this request."""
        self.reidentified = 0
        """How many tokens were put back into answers."""
        for one in before:
            self._learn(one)

    def pseudonymised(self, text: str, spans: Sequence[Span], mode: Mode = Mode.PROSE) -> str:
        """The text with a token for each span."""
        return self.pseudonymised_all([(text, spans)], mode)[0]

    @fails_closed
    def pseudonymised_all(self, texts: Sequence[tuple[str, Sequence[Span]]], mode: Mode = Mode.PROSE) -> list[str]:
        """The same for all texts of a request, with one visit to the vault."""
        drafts = [self._draft(text, spans, mode) for text, spans in texts]
        self._mint(drafts)
        written = [self._written(draft) for draft in drafts]
        unsure = [draft for draft, out in zip(drafts, written, strict=True) if not self._comes_back(draft, out)]
        if unsure:
            # Something beside a literal reads differently with it; a marker stands apart from what is around it.
            for draft in unsure:
                draft.forms = [Form.MARKER] * len(draft.stretches)
            self._mint(unsure)
            written = [self._written(draft) for draft in drafts]
            if not all(self._comes_back(draft, out) for draft, out in zip(drafts, written, strict=True)):
                raise GuardFailed(GUARD)
        self._sent += written
        return written

    def restored(self, text: str) -> str:
        """A whole answer with its tokens put back."""
        restorer = self.restorer()
        return restorer.feed(text) + restorer.close()

    def restored_arguments(self, text: str) -> str:
        """A tool call's arguments, JSON, with the tokens in its strings put back."""
        restorer = self.arguments_restorer()
        return restorer.feed(text) + restorer.close()

    def restorer(self) -> Restorer:
        """For a stream of text. Made once the request's own texts are pseudonymised."""
        return Restorer(self._lexicon, reidentify=self._reidentify, counted=self._count)

    def arguments_restorer(self) -> ArgumentsRestorer:
        """For a tool call's arguments that come in fragments."""
        return ArgumentsRestorer(self.restorer)

    def minted(self, surrogate: str) -> bool:
        """Whether a stretch is one of this conversation's tokens."""
        return surrogate in self._lexicon

    def _count(self, restored: int) -> None:
        self.reidentified += restored

    def _draft(self, text: str, spans: Sequence[Span], mode: Mode) -> "_Draft":
        """Raises `ForeignToken` for a marker of the caller's making."""
        tokens: list[tuple[int, int]] = []
        alike: list[Stretch] = []
        expected: list[str] = []
        place = 0
        for raw, value in Restorer(self._lexicon).pieces(text, last=True):
            end = place + len(raw)
            kind = self._kinds.get(raw)
            if value is not None and kind is None:
                tokens.append((place, end))
            elif kind is not None:
                # The caller's own words look like a surrogate: they would come back as what that stands for.
                alike.append(Stretch(place, end, kind))
            expected.append(value if value is not None and kind is None else raw)
            place = end
        try:
            found = stretches(len(text), spans, tokens)
        except ValueError:
            raise GuardFailed(GUARD) from None
        forms = [self._surrogates.form(stretch, mode) for stretch in found]
        for stretch in alike:
            if not any(one.start < stretch.end and stretch.start < one.end for one in found):
                found.append(stretch)
                forms.append(Form.MARKER)
        order = sorted(range(len(found)), key=lambda one: found[one].start)
        return _Draft(text, "".join(expected), [found[one] for one in order], [forms[one] for one in order])

    def _mint(self, drafts: "Sequence[_Draft]") -> None:
        """Tokens for every stretch that has none: first decided, then put away together."""
        new: dict[tuple[str, str, str], Minted] = {}
        taken: set[str] = set()
        around = [*self._sent, *(draft.around() for draft in drafts)]
        for draft in drafts:
            for place, stretch in enumerate(draft.stretches):
                value = draft.text[stretch.start : stretch.end]
                form = draft.forms[place]
                if form is not Form.MARKER and not self._has(new, stretch, form, value):
                    literal = self._surrogates.literal(form, value, stretch)
                    free = literal and literal not in self._lexicon and literal not in taken
                    if literal is None or not free or any(literal in text for text in around):
                        form = draft.forms[place] = Form.MARKER
                    else:
                        taken.add(literal)
                        new[stretch.kind, form, value] = Minted(stretch.kind, form, literal, value)
                if form is Form.MARKER and not self._has(new, stretch, form, value):
                    marker = self._marker(stretch.kind, taken)
                    taken.add(marker)
                    new[stretch.kind, form, value] = Minted(stretch.kind, form, marker, value)
        if len(self._tokens) + len(new) > MOST_TOKENS:
            raise TooManyTokens
        minted = list(new.values())
        for one in self._put(minted) if self._put and minted else minted:
            self._learn(one)

    def _has(self, new: Mapping[tuple[str, str, str], Minted], stretch: Stretch, form: Form, value: str) -> bool:
        key = (stretch.kind, form, value)
        return key in self._tokens or key in new

    def _marker(self, kind: Kind, taken: set[str]) -> str:
        while True:
            marker = mint(kind)
            if marker not in self._lexicon and marker not in taken:
                return marker

    def _learn(self, one: Minted) -> None:
        self._tokens[one.kind, one.form, one.value] = one.surrogate
        if one.form == Form.MARKER:
            self._lexicon.add_marker(one.surrogate, one.value)
        else:
            self._lexicon.add_literal(one.surrogate, one.value)
            self._kinds[one.surrogate] = Kind(one.kind)

    def _written(self, draft: "_Draft") -> str:
        out, place = [], 0
        for stretch, form in zip(draft.stretches, draft.forms, strict=True):
            out.append(draft.text[place : stretch.start])
            out.append(self._tokens[stretch.kind, form, draft.text[stretch.start : stretch.end]])
            place = stretch.end
        return "".join(out) + draft.text[place:]

    def _comes_back(self, draft: "_Draft", written: str) -> bool:
        try:
            pieces = Restorer(self._lexicon).pieces(written, last=True)
        except ForeignToken:  # a token and what stands beside it made a marker of nobody's
            return False
        return "".join(raw if value is None else value for raw, value in pieces) == draft.expected


@dataclass(slots=True)
class _Draft:
    """One text on its way: what becomes of which stretch, and what has to come back."""

    text: str
    expected: str
    """The text, its own tokens of this conversation replaced."""
    stretches: list[Stretch]
    forms: list[Form]

    def around(self) -> str:
        """What stays of the text, with a mark where something is taken out."""
        parts, place = [], 0
        for stretch in self.stretches:
            parts.append(self.text[place : stretch.start])
            place = stretch.end
        return "\0".join([*parts, self.text[place:]])
