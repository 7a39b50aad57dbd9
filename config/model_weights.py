"""Who may stand for weights: a model server starts on none that somebody else signed."""

from config.image_verification import PublicKey
from config.section import Section, dial


class Weights(Section):
    """Signers of weights, `bailiwick models import` being how."""

    public_keys: tuple[PublicKey, ...] = dial(
        "PEM public keys on P-256, of which one has signed each model's manifest: two while a key is changed. Not a "
        "signer's of images: who may put code into the registry need not be who may put a model into the store.",
        "nobody's signature is known, and no model is served",
        min_length=1,
        max_length=2,
    )
