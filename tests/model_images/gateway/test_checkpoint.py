"""Signed notes and checkpoints: the specification's own examples, and that nothing in one can be changed."""

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_log import form, prove
from audit_log.checkpoint import NONE_BEFORE, Checkpoint, digest, trusted, unverified
from audit_log.merkle import EMPTY, Tree
from audit_log.note import BadKey, BadNote, FileSigner, Signer, Verifier, opened, sign
from tests.model_images.gateway.audit_world import ORIGIN, signer

# golang.org/x/mod/sumdb/note, the package's example: a note and the key that signed it. The key is public.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
P256, P384 = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
KEYS = {"ed25519": signer(), "es256": signer(key=P256), "es384": signer(key=P384)}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def checkpoint(**more: object) -> Checkpoint:
    values = {"origin": ORIGIN, "size": 0, "root": EMPTY, "at": datetime(2026, 11, 21, 12, 0, 0, 5, tzinfo=UTC)}
    return Checkpoint(**{**values, "chain": form.BEGINNING, "previous": NONE_BEFORE, **more})  # type: ignore[arg-type]


class TestNotesAreThoseOfTheSpecification:
    """Witnesses, monitors and tools of others read them."""

    def test_the_reference_implementation_s_note(self) -> None:
        assert opened(NOTE, [Verifier.of(PETER)]) == NOTE.rpartition("\n\n")[0] + "\n"
        assert Verifier.of(PETER).vkey() == PETER

    def test_the_specification_s_checkpoint_is_taken_apart(self) -> None:
        # c2sp.org/tlog-checkpoint has no extension lines; ours have three, so as a checkpoint of ours it is refused.
        text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        with pytest.raises(BadNote):
            Checkpoint.of(text)
        extended = f"{text}time 2026-11-21T00:00:00.000000Z\nchain {'0' * 64}\nprevious {'0' * 64}\n"
        assert (Checkpoint.of(extended).size, Checkpoint.of(extended).text()) == (20852163, extended)

    def test_a_changed_key_id_is_no_key(self) -> None:
        with pytest.raises(BadKey):
            Verifier.of(PETER.replace("c74f20a3", "c74f20a4"))

    @pytest.mark.parametrize("vkey", ["", "a+b", "a+00000000+", "a b+00000000+AQ==", "a+00000000+!!"])
    def test_what_is_no_key(self, vkey: str) -> None:
        with pytest.raises(BadKey):
            Verifier.of(vkey)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
class TestEachKindOfKeySigns:
    """A file's key is Ed25519; a vault's is ECDSA."""

    def test_there_and_back(self, key: FileSigner) -> None:
        assert isinstance(key, Signer)
        note = checkpoint().signed(key)
        assert trusted(note, [Verifier.of(key.verifier.vkey())]) == checkpoint()

    def test_another_key_did_not_sign_it(self, key: FileSigner) -> None:
        for other in KEYS.values():
            if other is not key:
                with pytest.raises(BadNote, match="no known key"):
                    trusted(checkpoint().signed(key), [other.verifier])

    def test_any_changed_byte_shows(self, key: FileSigner) -> None:
        note = checkpoint(size=1234567, root=b"r" * 32).signed(key).encode()
        for place in range(len(note)):
            for bit in (1, 0x20):
                spoilt = note[:place] + bytes([note[place] ^ bit]) + note[place + 1 :]
                with pytest.raises((BadNote, UnicodeDecodeError)):
                    trusted(spoilt.decode(), [key.verifier])

    def test_neither_key_nor_words_of_it_are_shown(self, key: FileSigner) -> None:
        assert base64.b64encode(key.verifier.public).decode() not in repr(key.verifier)
        assert "private" not in repr(key).lower()


class TestAWrongSignatureSpoilsTheNote:
    """One good signature does not excuse a bad one of a known key."""

    def test_a_second_signature_that_is_wrong(self) -> None:
        one, two = signer("one"), signer("two")
        note = sign("text\n", one)
        other = sign("other\n", two).rpartition("\n\n")[2]
        assert opened(note + other, [one.verifier]) == "text\n"
        with pytest.raises(BadNote, match="does not belong"):
            opened(note + other, [one.verifier, two.verifier])

    def test_too_many_signatures_are_not_computed(self) -> None:
        one = signer("one")
        line = sign("text\n", one).rpartition("\n\n")[2]
        assert opened("text\n\n" + line * 16, [one.verifier]) == "text\n"
        with pytest.raises(BadNote):
            opened("text\n\n" + line * 17, [one.verifier])

    def test_a_key_that_cannot_sign_notes(self) -> None:
        weak = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        with pytest.raises(BadKey):
            signer(key=weak)  # type: ignore[arg-type]
        with pytest.raises(BadKey):
            signer(key=ec.generate_private_key(ec.SECP256K1()))
        with pytest.raises(BadKey, match="no private key"):
            FileSigner("name", b"nothing of the kind")


class TestWhateverIsReadIsReadOrRefused:
    """A reader that crashes on a line tells nothing about the ones after it."""

    @given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
    @settings(max_examples=200)
    def test_lines(self, raw: bytes) -> None:
        sealed = form.sealed(0, form.BEGINNING, raw)[0]
        closed = form._closed(raw)[0]
        for line in (raw, sealed, closed):
            for reader in (form.read, form.read_header, form.read_note):
                with contextlib.suppress(form.BadLine):
                    reader(line)

    @given(st.dictionaries(st.sampled_from(["origin", "first", "previous", "frontier", "more"]), ANYTHING))
    @settings(max_examples=200)
    def test_headers(self, values: dict[str, object]) -> None:
        document = {
            "format": form.FORMAT,
            "origin": "o",
            "first": 0,
            "previous": form.BEGINNING,
            "frontier": [],
            **values,
        }
        with contextlib.suppress(ValueError):  # BadLine is one, and a frontier of another size
            form.read_header(form._closed(form._compact(document)[:-1])[0]).tree()

    @given(st.text(max_size=200), st.text(max_size=60))
    @settings(max_examples=200)
    def test_notes_and_checkpoints(self, text: str, more: str) -> None:
        for note in (text, f"{text}\n\n{more}\n", f"{text}\n\n— {more}\n", f"{text}\n\n— a {more}\n"):
            with contextlib.suppress(BadNote):
                opened(note, [KEYS["ed25519"].verifier])
            with contextlib.suppress(BadNote):
                Checkpoint.of(note)

    @given(
        st.fixed_dictionaries(
            {"format": st.just(prove.FORMAT), "proves": st.sampled_from(["inclusion", "consistency", "", None])},
            optional=dict.fromkeys(("index", "line", "proof", "checkpoint", "before"), ANYTHING),
        )
        | ANYTHING
    )
    @settings(max_examples=200)
    def test_proofs(self, document: object) -> None:
        with pytest.raises(ValueError, match=r"."):
            prove.check(json.dumps(document), [KEYS["ed25519"].verifier])

    def test_what_is_nested_without_end(self) -> None:
        deep = "[" * 100_000
        with pytest.raises(ValueError, match="deep"):
            prove.check(deep, [])
        for reader in (form.read_header, form.read_note):
            with pytest.raises(form.BadLine):
                reader(form._closed(deep.encode())[0])


class TestCheckpointsHaveOneForm:
    """What can be written in two ways can be changed without a trace."""

    @given(st.integers(0, 10**18), st.binary(min_size=32, max_size=32), st.datetimes(timezones=st.just(UTC)))
    @settings(max_examples=50)
    def test_there_and_back(self, size: int, root: bytes, at: datetime) -> None:
        if at.year < 1000:
            return  # strftime pads no years
        made = checkpoint(size=size, root=root, at=at)
        assert Checkpoint.of(made.text()) == made

    @pytest.mark.parametrize(
        ("old", "new"),
        [("\n0\n", "\n00\n"), ("\n0\n", "\n-1\n"), ("time ", "Time "), ("chain 0", "chain g"), ("Z\n", "\n")],
    )
    def test_others_are_refused(self, old: str, new: str) -> None:
        with pytest.raises(BadNote):
            Checkpoint.of(checkpoint().text().replace(old, new, 1))

    def test_times_of_any_zone_are_told_in_utc(self) -> None:
        at = datetime.fromisoformat("2026-11-21T13:00:00+01:00")
        assert "time 2026-11-21T12:00:00.000000Z" in checkpoint(at=at).text()
        assert Checkpoint.of(checkpoint(at=at).text()).at - at == timedelta()

    def test_an_unsigned_one_is_read_only_when_asked_for(self) -> None:
        note = checkpoint(root=Tree().root()).signed(signer())
        assert unverified(note).size == 0
        assert len(digest(note)) == 64
        with pytest.raises(BadNote):
            trusted(note, [])
