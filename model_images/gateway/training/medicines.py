"""Names of medicines and substances for the dictionary: what is one identifies nobody."""

import bz2
import io
import pickle
from typing import Any, Never

from model_images.gateway.guard.detectors import dictionary as shipped
from model_images.gateway.training.facts import Facts, latin
from model_images.gateway.training.sources import Archives

SHORTEST = 5  # letters: shorter ones are words and names of people as often
USUAL = 0b111111  # first name, surname, place
MEMBER = "drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2"


class Plain(pickle.Unpickler):
    """Reads dictionaries, lists and strings; what would import or call anything is refused."""

    def find_class(self, module: str, name: str) -> Never:
        """Nothing is found."""
        raise pickle.UnpicklingError(f"{module}.{name}")


def medicines(archives: Archives, facts: Facts) -> None:
    """Marks words that are medicines; but not those that are names of people or places too."""
    read: dict[str, Any] = Plain(
        io.BytesIO(bz2.decompress(archives.zip("drug_named_entity_recognition").read(MEMBER)))
    ).load()
    for word in latin(read["drug_variant_to_canonical"]):
        known = facts.words.get(word, 0)
        if len(word) >= SHORTEST and word.isalpha() and not known & USUAL and shipped.common(known) <= 1:
            facts.mark(word, shipped.MEDICINE)
