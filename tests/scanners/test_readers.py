"""A reader that misreads its scanner finds nothing, and a scan that finds nothing is green."""

from collections.abc import Callable, Iterable

import pytest

from scanners import audit, checkov, detect_secrets, kubeconform, linters, pipelines, waivers
from scanners.finding import Finding, ScannerFailed
from tests.scanners import recorded

Read = Callable[[str], Iterable[Finding]]
READERS: dict[str, tuple[Read, str, tuple[str, str, str, str]]] = {
    "checkov": (
        lambda text: checkov.read(text, "checkov-arm", least=2),
        recorded.CHECKOV,
        ("checkov-arm", "CKV_AZURE_87", "Microsoft.Security/pricings.Arm", "eu-prod.json"),
    ),
    "hadolint": (linters.read_hadolint, recorded.HADOLINT, ("hadolint", "DL3006", "Dockerfile", "Dockerfile:1")),
    "yamllint": (
        linters.read_yamllint,
        recorded.YAMLLINT,
        ("yamllint", "key-duplicates", "stack.yaml", "stack.yaml:2"),
    ),
    "shellcheck": (linters.read_shellcheck, recorded.SHELLCHECK, ("shellcheck", "SC2086", "a.sh", "a.sh:2")),
    "actionlint": (
        pipelines.read_actionlint,
        recorded.ACTIONLINT,
        ("actionlint", "runner-label", ".github/workflows/w.yml", ".github/workflows/w.yml:4"),
    ),
    "zizmor": (
        pipelines.read_zizmor,
        recorded.ZIZMOR,
        ("zizmor", "artipacked", ".github/workflows/w.yml", ".github/workflows/w.yml:5"),
    ),
    "schemas": (
        pipelines.read_schemas,
        recorded.SCHEMAS,
        ("schemas", "schema", "azure-pipelines.yml", "azure-pipelines.yml"),
    ),
    "kubeconform": (
        lambda text: kubeconform.read(text, least=1),
        recorded.KUBECONFORM,
        ("kubeconform", "invalid", "ConfigMap.x", "/x/manifests/eu-prod.yaml"),
    ),
    "detect-secrets": (
        detect_secrets.read,
        recorded.DETECT_SECRETS,
        ("detect-secrets", "secret-keyword", "p.py#ffffffffffffffffffffffffffffffffffffffff", "p.py:1"),
    ),
    "pip-audit": (
        lambda text: audit.read(text, "project", set()),
        recorded.PIP_AUDIT,
        ("pip-audit", "PYSEC-2024-1", "jinja2==3.1.2", "project"),
    ),
}


class TestEachScannerIsRead:
    """By what it really said of one fault."""

    @pytest.mark.parametrize("name", READERS)
    def test_one_fault_is_one_finding(self, name: str) -> None:
        read, text, expected = READERS[name]
        (found,) = read(text)
        assert (found.scanner, found.check, found.resource, found.where) == expected
        assert found.what

    @pytest.mark.parametrize("name", READERS)
    def test_what_is_not_its_form_is_never_nothing_found(self, name: str) -> None:
        read, _, _ = READERS[name]
        with pytest.raises((ScannerFailed, KeyError, TypeError)):
            list(read("Killed"))

    def test_who_was_not_answered_for_is_remembered(self) -> None:
        silent: set[str] = set()
        list(audit.read(recorded.PIP_AUDIT, "project", silent))
        assert silent == {"unheard-of"}


class TestAScannerThatLookedAtNothing:
    """A wrong folder, a renamed file, a framework that took nothing for its own: green, and blind."""

    def test_checkov_of_nothing(self) -> None:
        with pytest.raises(ScannerFailed, match="looked at nothing"):
            list(checkov.read(recorded.CHECKOV_OF_NOTHING, "checkov-arm", least=1))

    def test_checkov_of_fewer_resources_than_files(self) -> None:
        with pytest.raises(ScannerFailed, match="2 resources in 11 files"):
            list(checkov.read(recorded.CHECKOV, "checkov-arm", least=11))

    def test_checkov_of_a_file_that_it_could_not_read(self) -> None:
        broken = recorded.CHECKOV.replace('"parsing_errors": 0', '"parsing_errors": 1')
        with pytest.raises(ScannerFailed, match="could not read 1"):
            list(checkov.read(broken, "checkov-arm", least=1))

    def test_kubeconform_of_what_it_skipped(self) -> None:
        with pytest.raises(ScannerFailed, match="too little"):
            list(kubeconform.read(recorded.KUBECONFORM.replace('"skipped": 0', '"skipped": 1'), least=1))


class TestPulumisOwnSecrets:
    """An encrypted value is no secret in the tree; a plain one behind the word `secure:` is."""

    @pytest.mark.parametrize(
        ("line", "is_left_out"),
        [
            ("    secure: v1:Zm9vYmFyYmF6cXV4:abcdefghijklmnop", True),
            ("    secure: AAABAKx0x0", True),
            ("encryptionsalt: v1:abc=:v1:def", True),
            ("    secure: hunter2hunter2", False),
            ("    password: v1:Zm9vYmFyYmF6cXV4:abcdefghijklmnop", False),
        ],
    )
    def test_by_its_form(self, line: str, is_left_out: bool) -> None:  # noqa: FBT001 a case's own answer
        import re

        assert bool(re.search(detect_secrets.PULUMI, line)) is is_left_out


class TestNobodyIsWavedPastInPlace:
    """A comment beside the fault has no reason that is read, no approver and no end."""

    @pytest.mark.parametrize(
        ("words", "scanner"),
        [
            ("# checkov:" + "skip=CKV_1: because", "checkov"),
            ("# hadolint " + "ignore=DL3006", "hadolint"),
            ("echo $x # shellcheck " + "disable=SC2086", "shellcheck"),
            ("a: 1 # yamllint " + "disable-line", "yamllint"),
            ("uses: a/b@v1 # zizmor: " + "ignore[unpinned-uses]", "zizmor"),
            ("x = 1  # pragma: " + "allowlist secret", "detect-secrets"),
        ],
    )
    def test_each_scanners_own_word(self, words: str, scanner: str) -> None:
        (found,) = waivers.read(f"first\n{words}\n", "f")
        assert (found.check, found.where) == (scanner, "f:2")

    def test_other_words_pass(self) -> None:
        assert list(waivers.read("# checkov is run by make scan\nignore: [a]\n", "f")) == []
