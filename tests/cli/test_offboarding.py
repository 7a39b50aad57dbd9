"""docs/runbooks/tenant-offboarding.md, steps 1 and 5: what is taken out of a stack file leaves no resource behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_command import project, run_apart

__all__ = ["project"]
TENANT = "northern"


def rewrite(root: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = root / "Pulumi.uk-prod.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document["config"])
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def of_tenant(file: Path) -> list[str]:
    return [item["name"] for item in json.loads(file.read_text(encoding="utf-8"))["resources"] if TENANT in str(item)]


@pytest.mark.slow
class TestATenantLeaves:
    """A namespace, a store or a right that stays behind is data of somebody who was told that it is gone."""

    def test_in_two_steps_each_compliant_and_nothing_names_it_afterwards(self, project: Path) -> None:
        def without_callers(config: dict[str, Any]) -> None:
            callers = config["bailiwick:callers"]
            config["bailiwick:callers"] = [caller for caller in callers if caller["tenant"] != TENANT]
            assert len(config["bailiwick:callers"]) < len(callers)

        def without_tenant(config: dict[str, Any]) -> None:
            config["bailiwick:tenants"] = [item for item in config["bailiwick:tenants"] if item["name"] != TENANT]

        first, second = project / "first.json", project / "second.json"
        rewrite(project, without_callers)
        done = run_apart("preview", "uk-prod", "--quiet", "--save", str(first), cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
        left = of_tenant(first)
        assert any("store-patient" in name for name in left)
        assert not any(name.startswith("callers-northern") for name in left)
        rewrite(project, without_tenant)
        done = run_apart("preview", "uk-prod", "--quiet", "--save", str(second), cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not of_tenant(second)
