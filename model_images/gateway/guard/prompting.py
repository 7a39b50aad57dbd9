"""Guard 6, as a request meets it: texts by where they come from, the system text with its canary, answers' checks."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model_images.gateway.guard.deidentify import Find
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.prompt_guard import separation
from model_images.gateway.guard.prompt_guard.canary import Canary
from model_images.gateway.guard.prompt_guard.injection import Injection, Origin
from model_images.gateway.guard.prompt_guard.output import Output
from model_images.gateway.guard.prompt_guard.request import PromptGuard
from model_images.gateway.guard.prompt_guard.template import Template
from model_images.gateway.guard.prompt_secrets import Place, PromptSecrets, place
from model_images.gateway.guard.refusal import GuardFailed
from model_images.gateway.guard.settings import EVERYBODY
from model_images.gateway.guard.slots import Slot
from model_images.gateway.guard.spans import Context, Span
from model_images.gateway.guard.tokens.conversation import Conversation

_ITEM = re.compile(r"(messages|input)\[(\d+)\]")
_MARKER = re.compile(r"\[\[[A-Z]{2,10}_(?:[a-z0-9]+(?:\]\]|\]?$)|$)")
"""A marker, or the beginning of one at the end of what has come so far."""
PASSAGES = "bailiwick.passages"


@dataclass(frozen=True)
class Told:
    """What the model is told beside the request, and what must not come back of it."""

    system: str
    passages: str
    where: Place
    canary: Canary
    template: Template


class Prompting:
    """The prompt guard of one gateway."""

    def __init__(
        self, find: Find, own: Find, locale: str, secrets: PromptSecrets, leaked: Callable[[Exchange], None]
    ) -> None:
        """`find` reads what a request hides; `own`, which waits for nobody, reads answers on the event loop: only what
        has a form is refused there, and a model for names adds none. `leaked` is told of each answer that held the
        canary.
        """
        self._find, self._own, self._context = find, own, Context(locale=locale)
        self._secrets, self._leaked = secrets, leaked
        self._guard = PromptGuard(self._spans, Injection.load())
        self._templates: dict[str, Template] = {}

    def check(self, exchange: Exchange) -> None:
        """Every text, after its identifiers were taken out, and as it came. Raises Refused."""
        slots = exchange.slots
        texts = [(_blank(slot.text), origin(exchange, slot)) for slot in slots]
        self._guard.check(texts, [slot.sent for slot in slots])

    def told(self, exchange: Exchange, template: str) -> Told:
        """The system text and the passages; what changes most often comes last, for the server's prefix cache."""
        asked, route = exchange.asked, exchange.route
        if route is None:
            raise GuardFailed("template")
        where = place(
            tenant=asked.tenant or EVERYBODY, use_case=asked.use_case, cluster=route.cluster, template=template
        )
        canary = self._secrets.canary(where)
        passages = [(str(one["text"]), str(one["source"])) for one in exchange.passages]
        parts, block = [template.rstrip("\n"), canary.line()], ""
        if passages:
            nonce = self._secrets.nonce(where, passages)
            parts.append(separation.explained(nonce))
            block = separation.separated(passages, nonce)
        held = self._templates.get(template)
        if held is None:
            held = self._templates[template] = Template(template)
        return Told("\n\n".join(parts), block, where, canary, held)

    def output(self, exchange: Exchange, told: Told, conversation: Conversation) -> Output:
        """For one text of the answer."""
        held = {_bare(value) for value in exchange.known}

        def known(value: str) -> bool:
            return _bare(value) in held or conversation.minted(value)

        def leaked() -> None:
            self._secrets.burn(told.where, told.canary)
            self._leaked(exchange)

        return Output(self._answered, known, told.canary, told.template, leaked=leaked)

    def _spans(self, text: str) -> Sequence[Span]:
        return self._find(_blank(text), self._context)

    def _answered(self, text: str) -> Sequence[Span]:
        return self._own(_blank(text), self._context)


def _blank(text: str) -> str:
    """Without markers, at the same positions: their letters are drawn at random, and look like something now and then.

    Whether a marker is one of this conversation's is the tokens' own to say.
    """
    return _MARKER.sub(lambda found: "." * len(found[0]), text) if "[[" in text else text


def origin(exchange: Exchange, slot: Slot) -> Origin:
    """Who has written a text: the caller, somebody whose text was looked up, or a tool."""
    if slot.path.startswith(PASSAGES):
        return "passage"
    found = _ITEM.match(slot.path)
    if found is None:
        return "caller"
    item = exchange.body[found[1]][int(found[2])]
    told = isinstance(item, dict) and (item.get("role") == "tool" or item.get("type") == "function_call_output")
    return "tool" if told else "caller"


def _bare(value: str) -> str:
    """Letters and digits alone: an identifier is the same with and without its spaces."""
    return "".join(filter(str.isalnum, value)).casefold()
