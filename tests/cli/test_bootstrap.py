"""The state's home is made once, in the jurisdiction, with the same locks as every other store."""

import json
import os
from pathlib import Path

import pytest

from cli.bootstrap_steps import steps_of
from cli.planning import known_stacks, stack_config
from tests.cli.test_command import run
from tests.plans import REFUSED

FAKE = """#!/bin/sh
echo "$@" >> "$AZ_LOG"
case "$*" in
  *" show "*) [ -e "$AZ_STATE/$(echo "$*" | cksum | cut -d' ' -f1)" ] && echo there; exit 0;;
esac
[ -n "$AZ_FAIL" ] && case "$*" in *"$AZ_FAIL"*) echo "denied: $AZ_FAIL" >&2; exit 1;; esac
exit 0
"""
"""Stands where `az` would: writes down what it was told, and says `there` of nothing."""


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for `az` on PATH, and the log of what it was told."""
    script = tmp_path / "bin" / "az"
    script.parent.mkdir()
    script.write_text(FAKE)
    script.chmod(0o755)
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AZ_LOG", str(log))
    monkeypatch.setenv("AZ_STATE", str(tmp_path))
    monkeypatch.setenv("AZ_FAIL", "")
    return log


class TestTheStateStaysHome:
    """State names everything there is, and holds what secrets there are."""

    @pytest.mark.parametrize("stack", [name for name in known_stacks() if name not in REFUSED])
    def test_everything_is_made_in_the_stacks_own_region(self, stack: str) -> None:
        config = stack_config(stack)
        for step in steps_of(config).steps:
            if "--location" in step.make:
                assert step.make[step.make.index("--location") + 1] == config.region

    @pytest.mark.parametrize("stack", [name for name in known_stacks() if name not in REFUSED])
    def test_names_are_within_azures_limits(self, stack: str) -> None:
        plan = steps_of(stack_config(stack))
        vault = plan.key_url.removeprefix("azurekeyvault://").partition(".")[0]
        assert len(plan.account) <= 24
        assert plan.account.isalnum()
        assert 3 <= len(vault) <= 24

    def test_the_account_is_as_closed_as_the_platforms_own(self) -> None:
        (make,) = [
            " ".join(step.make)
            for step in steps_of(stack_config("eu-prod")).steps
            if "account create" in " ".join(step.make)
        ]
        for words in (
            "--allow-shared-key-access false",
            "--allow-blob-public-access false",
            "--public-network-access Disabled",
            "--default-action Deny",
            "--min-tls-version TLS1_2",
            "--allow-cross-tenant-replication false",
        ):
            assert words in make

    def test_another_cloud_has_its_own_host(self) -> None:
        assert ".vault.usgovcloudapi.net/keys/state" in steps_of(stack_config("usgov-prod")).key_url

    def test_two_stacks_share_nothing(self) -> None:
        plans = [steps_of(stack_config(name)) for name in known_stacks() if name not in REFUSED]
        assert len({plan.account for plan in plans}) == len({plan.key_url for plan in plans}) == len(plans)


class TestItCanBeRunAgain:
    """What stops halfway is run again."""

    def test_a_dry_run_prints_and_does_nothing(self, az: Path) -> None:
        done = run("bootstrap", "eu-dev", "--dry-run")
        assert done.returncode == 0
        assert "az storage account create" in done.stdout
        assert "pulumi stack init eu-dev --secrets-provider='azurekeyvault://" in done.stdout
        assert az.read_text() == ""

    def test_each_step_is_looked_for_before_it_is_made(self, az: Path) -> None:
        assert run("bootstrap", "eu-dev").returncode == 0
        told = az.read_text().splitlines()
        steps = steps_of(stack_config("eu-dev")).steps
        assert told == [" ".join(words) for step in steps for words in (step.exists, step.make)]

    def test_what_is_there_is_left_alone(self, az: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "bin" / "az").write_text('#!/bin/sh\necho "$@" >> "$AZ_LOG"\necho there\n')
        assert run("bootstrap", "eu-dev").returncode == 0
        assert all(" create" not in line for line in az.read_text().splitlines())

    def test_a_failure_says_which_step_and_what_to_type(self, az: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AZ_FAIL", "keyvault create")
        done = run("bootstrap", "eu-dev")
        assert done.returncode == 1
        assert "denied: keyvault create" in done.stderr
        assert "run the same command again" in done.stderr

    def test_without_az_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        done = run("bootstrap", "eu-dev")
        assert done.returncode == 2
        assert "--dry-run prints" in done.stderr

    def test_the_steps_are_json_for_a_machine(self) -> None:
        steps = json.loads(run("bootstrap", "eu-dev", "--json").stdout)
        assert {"title", "exists", "make"} == set(steps[0])

    def test_an_unlawful_stack_gets_no_state(self) -> None:
        assert run("bootstrap", "cn-prod").returncode == 2
