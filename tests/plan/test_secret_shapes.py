"""Shapes of secrets: each is found, what only resembles it is not, and nothing is repeated.

Every example is put together as the test runs: this file holds nothing that looks like a secret.
"""

import base64
import json
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.secret_search import Found, find, named, preview
from plan.secret_shapes import NEEDLES, SHAPES
from plan.secret_values import entropy, wordy
from plan.secret_walk import Search, find_in_file
from tests.plans import CORE, compliant

ALNUM = string.ascii_letters + string.digits


def _random(size: int, alphabet: str = ALNUM, seed: int = 7) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=size))  # noqa: S311 the same on every run


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


TOKEN = f"{_part({'alg': 'RS256'})}.{_part({'sub': 'nobody'})}.{_random(40)}"
KEY_64 = _random(85) + "A" + "=="
HEX = _random(64, "0123456789abcdef")

EXAMPLES: dict[str, list[str]] = {
    "private-key": [
        "-----BEGIN " + kind + "PRIVATE KEY-----" + gap + _random(64) + gap + _random(20) + "==" + gap + "-----END"
        for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")
        for gap in ("\n", "\\n", "\n    ", '\\n"\n    "')
    ]
    + ["-----BEGIN " + "PRIVATE KEY-----", "-----BEGIN RSA " + "PRIVATE KEY-----\nProc-Type: 4\n\n" + _random(64)],
    "age-key": ["AGE-SECRET-" + "KEY-1" + _random(58, string.ascii_uppercase)],
    "ssh-putty-key": ["PuTTY-User-" + "Key-File-3: ssh-ed25519\nPublic-Lines: 1\nx\nPrivate-" + "Lines: 1"],
    "azure-connection-string": [
        "DefaultEndpointsProtocol=https;AccountName=a;Account" + f"Key={KEY_64};EndpointSuffix=core.windows.net",
        "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccess" + f"Key={_random(43)}=",
    ],
    "azure-identifiable-key": [
        _random(76) + "+A" + "St" + _random(5) + "A==",
        _random(33) + "+A" + "Eh" + "A" + _random(5) + "=",
        _random(52) + "JQQ" + "J99" + _random(26),
    ],
    "azure-account-key": [KEY_64, json.dumps({"keys": [{"value": KEY_64}]})],
    "azure-sas": [
        "https://a.blob.core.windows.net/c?sv=2024&si" + f"g={_random(43)}%3D",
        "?sp=r\\u0026si" + f"g={_random(20)}%2B{_random(22)}%3D",
    ],
    "azure-devops-token": [_random(76) + "AZ" + "DO" + _random(4)],
    "entra-client-secret": ["abc8" + "Q~" + _random(34), "x='~_.7" + "Q~" + _random(31) + "'"],
    "json-web-token": [TOKEN, f"cookie={TOKEN};"],
    "github-token": ["gh" + "p_" + _random(36), "github_" + "pat_" + _random(22) + "_" + _random(59)],
    "gitlab-token": ["gl" + "pat-" + _random(20)],
    "aws-key-id": ["AK" + "IA" + _random(16, "ABCDEFGH234567")],
    "google-key": ["AI" + "za" + _random(35), "ya" + "29." + _random(30), "GOC" + "SPX-" + _random(28)],
    "slack-token": [
        "xo" + "xb-" + _random(12, string.digits) + "-" + _random(24),
        "https://hooks." + "slack.com/services/T" + _random(8, "AB12") + "/B" + _random(8, "AB12") + "/" + _random(24),
    ],
    "hugging-face-token": ["h" + "f_" + _random(34)],
    "model-provider-key": [
        "s" + "k-" + _random(20) + "T3Blbk" + "FJ" + _random(20),
        "s" + "k-proj-" + _random(48),
        "s" + "k-ant-" + _random(40),
    ],
    "registry-token": ["npm" + "_" + _random(36), "pul" + "-" + HEX[:40], "hv" + "s." + _random(24)],
    "docker-credentials": ['"au' + 'th": "' + base64.b64encode(b"somebody:" + b"something").decode() + '"'],
    "kubernetes-credentials": ["client-key-" + "data: " + _random(60) + "="],
    "bearer-token": ["Authorization: Bea" + f"rer {_random(40)}", "-H 'authorization: bea" + f"rer {_random(32)}'"],
    "password-in-address": ["postgresql://app:" + "s3cr" + "3t@db/x", "redis://:" + _random(12) + "@cache:6380"],
    "named-secret": [
        "pass" + 'word = "hunter2!hunter2"',
        "DB_PASS" + f"WORD={_random(16)}7",
        '{"client' + f'Secret": "{_random(24)}"}}',
        '\\"api_' + f'key\\": \\"{_random(24)}\\"',
        "WEBHOOK_" + f"SECRET: {HEX}",
        "to" + f"ken: '{_random(6)}.{_random(16)}'",
    ],
}  # fmt: skip

NEAR_MISSES = [
    "-----BEGIN CERTIFICATE-----\n" + _random(64) + "\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n" + _random(64),
    "a file that starts with -----BEGIN PRIVATE KEY----- is refused",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" + _random(48) + " who@where.example",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB" + _random(340) + "== who@where.example",
    "registry.example/gateway@sha256:" + HEX,
    "sha512-" + KEY_64,
    "secret: sha256:" + HEX,
    "AccountKey=<the key>",
    "AccountName=a;AccountKey=${KEY}",
    "design=" + _random(50),
    "eyJ is how they begin. Some.do and some.do.not",
    "eyJ" + _random(20) + "." + _random(20) + "." + _random(20),
    "AKIA" + "IOSFODNN7" + "EXAMPLE",
    "sk-learn-is-a-library-for-machine-learning-in-python",
    "task-" + _random(44),
    "postgresql://app:${PASSWORD}@db/x",
    "postgresql://app:password@db/x",
    "https://login.example/a:b/c?mail=a@b.example",
    "git@github.com:owner/name.git",
    "Authorization: Bearer <token>",
    "Bearer authentication-is-explained-below-at-length",
    'token = "kubernetes:apps/v1:Deployment"',
    "secret = secrets.of('gateway')",
    "client_secret = config.identity.client_secret_reference2",
    'secret: "gateway-tls-2026"',
    'secretName: "' + _random(24) + '"',
    'password: "${DB_PASSWORD}"',
    'password: "[parameters(\'adminPassword\')]"',
    'password: "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/x)"',
    'password: "{{ .Values.password }}"',
    'password: "********"',
    "token: 6f1c2b9e-0000-4000-8000-1234567890ab",
    "publicKeyToken=b03f5f7f11d50a3a",
    "$skipToken=" + _random(30),
    "max_tokens: 1234567890",
    "passwordAuthentication: Disabled",
    "api_key: /mnt/secrets/openai-7f3a9c",
    "token_endpoint = https://login.microsoftonline.com/common/oauth2/v2.0/token",
    "db_password:\n  secure: v1:" + _random(16) + ":" + _random(60),
]  # fmt: skip


class TestEveryShape:
    """A shape without an example is a wish."""

    def test_there_is_an_example_of_each_and_of_nothing_else(self) -> None:
        assert list(EXAMPLES) == [shape.id for shape in SHAPES]

    @pytest.mark.parametrize(
        ("kind", "text"), [(kind, text) for kind, examples in EXAMPLES.items() for text in examples]
    )
    def test_it_is_found_alone_and_within_a_text(self, kind: str, text: str) -> None:
        assert [hit.kind for hit in find(text)] == [kind]
        assert kind in {hit.kind for hit in find(f"first line\n  {text}\n")} or text.endswith("KEY-----")

    @pytest.mark.parametrize("text", NEAR_MISSES)
    def test_what_only_resembles_one_is_not(self, text: str) -> None:
        assert find(text) == []
        assert list(find_in_file(f"before\n{text}\nafter\n")) == []

    def test_the_first_pass_misses_no_shape(self) -> None:
        assert all(NEEDLES.search(text) for examples in EXAMPLES.values() for text in examples)

    @pytest.mark.parametrize("words", ["pass word", "api key", "access key", "client secret", "connection string"])
    def test_a_name_is_known_however_it_is_spelt(self, words: str) -> None:
        first, second = words.split()
        spelt = [first + second, f"{first}_{second}", f"{first}-{second}", first + second.title()]
        spelt += [first.title() + second.title(), first.upper() + second.title()]
        for name in [*spelt, *(name.upper() for name in spelt)]:
            if words != "pass word" or name.lower() == "password":
                assert [hit.kind for hit in find(f'{name}="{_random(24)}"')] == ["named-secret"], name


class TestNothingIsRepeated:
    """A report is read by more people than the secret was."""

    @given(st.text(max_size=200))
    def test_at_most_four_characters_are_shown_and_never_all(self, secret: str) -> None:
        shown = preview(secret).removesuffix("…")
        assert len(shown) <= 4
        assert len(shown) * 8 <= len(secret)

    @pytest.mark.parametrize("text", [text for examples in EXAMPLES.values() for text in examples])
    def test_no_five_characters_of_a_secret_are_in_what_is_told(self, text: str) -> None:
        for hit in find(text):
            secret = text[hit.start : hit.end]
            assert not any(secret[at : at + 5] in hit.preview for at in range(len(secret) - 4))
            assert hit.digest not in repr(hit)


class TestPublicValues:
    """Digests, GUIDs and ids fill every plan: one false alarm among them and nobody reads the next."""

    @given(
        st.sampled_from([32, 40, 64, 96, 128]).flatmap(
            lambda size: st.text("0123456789abcdef", min_size=size, max_size=size)
        )
    )
    def test_a_digest_is_never_flagged(self, digest: str) -> None:
        for text in (digest, digest.upper(), f"sha256:{digest}", f"x@sha256:{digest}", f"sha256: {digest}"):
            assert not list(find_in_file(text))
            assert not list(Search().each({"sha256": text, "revision": text, "checksum": [text]}))
        assert named("secret", f"sha256:{digest}") is None

    @given(st.uuids(), st.sampled_from(["clientId", "secret", "token", "tenantId"]))
    def test_a_guid_is_never_flagged(self, guid: object, name: str) -> None:
        assert not list(Search().each({name: str(guid), "id": str(guid).upper()}))
        assert not list(find_in_file(f'{name} = "{guid}"'))

    @given(
        st.uuids(),
        st.from_regex(r"[a-z][a-z0-9-]{2,22}", fullmatch=True),
        st.from_regex(r"[a-zA-Z0-9]{3,24}", fullmatch=True),
        st.sampled_from(["id", "secret", "keyVaultToken"]),
    )
    def test_an_arm_id_is_never_flagged(self, guid: object, group: str, name: str, key: str) -> None:
        path = f"/subscriptions/{guid}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{name}"
        assert not list(Search().each({key: path, path: {"x": path}}))

    @pytest.mark.parametrize("stack", CORE)
    def test_no_committed_stack_has_one(self, stack: str) -> None:
        plan = compliant(stack)
        search = Search()
        hits = [hit for r in plan.resources for hit in search.each({"in": r.inputs, "out": r.outputs})]
        assert hits == []


class TestWrapped:
    """What is encoded is not hidden."""

    def _kinds(self, value: object) -> list[str]:
        return [hit.kind for _, hit in Search().each(value)]

    def test_json_within_json_within_base64_is_opened(self) -> None:
        inner = json.dumps({"clientSecret": _random(24)})
        wrapped = base64.b64encode(json.dumps({"text": inner}).encode()).decode()
        assert self._kinds({"data": {"config": wrapped}}) == ["named-secret"]

    def test_a_manifest_in_the_tree_is_opened_too(self) -> None:
        data = base64.b64encode(EXAMPLES["github-token"][0].encode()).decode()
        (hit,) = find_in_file(f"kind: Secret\ndata:\n  a: {data}\n")
        assert (hit.kind, hit.what) == ("github-token", "a GitHub token, in base64")

    def test_nesting_without_end_ends(self) -> None:
        text = EXAMPLES["github-token"][0]
        for _ in range(20):
            text = base64.b64encode(text.encode()).decode()
        assert self._kinds({"data": text}) == []
        assert self._kinds("[" * 100_000) == []

    def test_the_same_text_is_told_at_each_of_its_places(self) -> None:
        text = EXAMPLES["github-token"][0]
        assert [path for path, _ in Search().each({"a": text, "b": [text]})] == [".a", ".b.0"]

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
        )
    )
    def test_no_value_breaks_it(self, value: object) -> None:
        assert isinstance([hit for _, hit in Search().each(value)], list)


class TestValues:
    """Names are words, secrets are not."""

    @pytest.mark.parametrize("text", ["gateway-tls-2026", "clientCertificate", "kv-bw-eu-prod-etcd", "UPPER_CASE_NAME"])
    def test_a_name_reads_as_words(self, text: str) -> None:
        assert wordy(text)

    @pytest.mark.parametrize(
        "text", ["privateEndpointConnectionKeys", "oauth2ClientSecretName", "storageAccountKeyName"]
    )
    def test_a_long_name_in_camel_case_does_too(self, text: str) -> None:
        assert wordy(text)

    def test_a_random_text_does_not(self) -> None:
        assert [seed for seed in range(2001) if wordy(_random(32, seed=seed))] == []

    def test_entropy_is_shannons(self) -> None:
        assert entropy("") == 0
        assert entropy("aaaa") == 0
        assert entropy("abcd") == 2

    def test_a_finding_says_what_it_is(self) -> None:
        hit = named("clientSecret", _random(24))
        assert isinstance(hit, Found)
        assert hit.what == "a value that its name calls a secret"
