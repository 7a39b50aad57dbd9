"""What goes in comes back, through every part at once: detectors, tokens, the answer's checks, restoring in pieces."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.answer import Chain
from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.detectors.record import Record
from model_images.gateway.guard.detectors.tagger import Tagger
from model_images.gateway.guard.prompt_guard.canary import SEED_BYTES, Canary
from model_images.gateway.guard.prompt_guard.output import Output
from model_images.gateway.guard.prompt_guard.template import Template
from model_images.gateway.guard.prompting import _blank
from model_images.gateway.guard.spans import Context
from tests.model_images.gateway.conversations import conversation, cut

FIND = Deidentifier([Record(), Patterns(), Tagger()]).find
CONTEXT = Context(record={"names": ["Erika Mustermann"], "birth_date": "1957-03-12"}, locale="eu")
SENTENCES = (
    "Erika Mustermann was seen on 12 March 2024 with two weeks of cough.",
    "MRN: 00412873, NHS 943 476 5919, born 12.03.1957.",
    "Ring Mr John Hartwell on +44 20 7946 0958, or write to j.hartwell@example.org.",
    "She lives at 12 Elm Street, Leeds LS2 9JT; her son Thomas lives in Heidelberg.",
    "BP 132/84, HR 88, Na 138, K 4.6, furosemide 40 mg od; Parkinson's disease is stable.",
    "Die Patientin wohnt in der Hauptstraße 5 in Köln, KVNR A123456780.",
    "mustermann, erika / E. MUSTERMANN / Érika",
    "Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00.",
    "“Quoted”, (bracketed) – and [[not a marker]] 😀 e\u0301\u200b.",
)


@pytest.fixture(scope="module")
def template() -> Template:
    return Template("You help clinicians write notes. Keep every marker in double brackets as it stands.\n")


class TestAnEchoIsWhatWasSaid:
    """A model that repeats its prompt gives the caller their own words back, at any chunking."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        sentences=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5),
        between=st.sampled_from([" ", "\n", "\n\n", "; "]),
        data=st.data(),
    )
    def test_and_no_identifier_was_in_what_the_model_saw(
        self, template: Template, sentences: list[str], between: str, data: st.DataObject
    ) -> None:
        text = between.join(sentences)
        spans = FIND(text, CONTEXT)
        held = conversation()
        sent = held.pseudonymised(text, spans)
        for span in spans:
            # Words that an identifier shares with the rest of a text are not what is hidden.
            value = text[span.start : span.end]
            assert len(value) < 6 or value not in sent
        known = {"".join(filter(str.isalnum, text[span.start : span.end])).casefold() for span in spans}

        def mine(value: str) -> bool:
            return "".join(filter(str.isalnum, value)).casefold() in known or held.minted(value)

        def find(found: str) -> object:
            return FIND(_blank(found), Context(locale="eu"))

        output = Output(find, mine, Canary.of(bytes(SEED_BYTES)), template)  # type: ignore[arg-type] # a Find that is narrower
        chain = Chain(output, held.restorer())
        out = "".join(chain.feed(piece) for piece in cut(data, sent)) + chain.close()
        assert out == text
