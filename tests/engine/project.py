"""A copy of the project that the real engine runs with stand-in providers, at home in its folder and nowhere else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from cli.planning import ROOT
from policies.packs import PACKS

PROVIDERS = ("azure-native", "azuread", "kubernetes", "random")
SOURCES = (
    "__main__.py",
    "components",
    "config",
    "jurisdictions",
    "lifecycle",
    "plan",
    "policies",
    "pyproject.toml",
    "records",
)
STACK = "eu-prod"


def prepared(folder: Path) -> Path:
    """The project with its stand-ins in `folder`, logged in, its stack made; its sources may be broken there."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    shutil.copy(ROOT / f"Pulumi.{STACK}.yaml", folder)
    document = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    # The interpreter that runs the tests, whatever it is called: the engine must not make another environment.
    environment = Path(sys.executable).parent.parent
    document["runtime"]["options"] = {"virtualenv": str(environment)}
    document["plugins"] = {"providers": [{"name": name, "path": f"plugins/{name}"} for name in PROVIDERS]}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(document))
    for name in PROVIDERS:
        launcher = folder / "plugins" / name / f"pulumi-resource-{name}"
        launcher.parent.mkdir(parents=True)
        launcher.write_text(f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.engine.standin\n")
        launcher.chmod(0o755)
    for pack in PACKS:
        path = folder / "policies" / "packs" / pack / "PulumiPolicy.yaml"
        policy = yaml.safe_load(path.read_text())
        policy["runtime"]["options"]["virtualenv"] = str(environment)
        path.write_text(yaml.safe_dump(policy))
    (folder / "state").mkdir()
    pulumi(folder, "login", f"file://{folder}/state")
    pulumi(folder, "stack", "init", STACK)
    return folder


WITHOUT_CLUSTER = ("--exclude", "**$kubernetes:**", "--exclude-dependents")
"""The first layer, as docs/guides/first-deployment.md has it."""


def pulumi(folder: Path, *words: str, ok: bool = True, state: str = "state") -> subprocess.CompletedProcess[str]:
    """The engine's command, at home in the folder and nowhere else."""
    environment = {
        **os.environ,
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder}/{state}",
        "PULUMI_CONFIG_PASSPHRASE": "for tests only",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PYTHONPATH": str(folder),
    }
    done = subprocess.run(
        [str(shutil.which("pulumi")), "--non-interactive", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    if ok:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def with_packs() -> list[str]:
    """The words that add every pack to a preview."""
    return [word for pack in PACKS for word in ("--policy-pack", f"policies/packs/{pack}")]
