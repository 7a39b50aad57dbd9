"""Put a pack together so that it can be published: its folder, with everything that it imports.

`pulumi policy publish` uploads the folder that it is called in, and nothing beside it; whoever enables the pack gets
that folder and what its requirements.txt names. The pack itself is as it is here, line by line. The list of exemptions,
the change records and those of versions' lives travel in it.

    python -m policies.packs.publish sovereignty /tmp/sovereignty
"""

import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import yaml

from policies.changes import FOLDER
from policies.packs import PACKS
from records import lives

OWN = ("jurisdictions", "models", "plan", "policies", "records")
"""Packages of this project that a pack imports."""
REQUIRED = ("attrs", "cattrs", "pulumi", "pulumi-policy", "pyyaml")
"""What they import; written with the versions of this environment, which the lock file holds."""
ENVIRONMENT = "venv"
"""Where the engine makes a pack's environment, beside its PulumiPolicy.yaml."""
ROOT = Path(__file__).resolve().parents[2]


def publishable(pack_id: str, folder: Path) -> None:
    """Write the pack to a folder that is not there yet.

    Raises KeyError for a pack that isn't there, FileExistsError for a folder that is.
    """
    pack = ROOT / "policies" / "packs" / PACKS[pack_id].id
    folder.mkdir(parents=True)
    shutil.copy(pack / "__main__.py", folder)
    described = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    described["runtime"]["options"] = {"virtualenv": ENVIRONMENT, "toolchain": "pip"}
    (folder / "PulumiPolicy.yaml").write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")
    needed = "".join(f"{name}=={version(name)}\n" for name in REQUIRED)
    (folder / "requirements.txt").write_text(needed, encoding="utf-8")
    # Each pack's own entry stays out: a folder with two PulumiPolicy.yaml is two packs.
    left_out = shutil.ignore_patterns("__pycache__", *PACKS)
    for name in OWN:
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    # What approves a version is data of this project, as the list is; most try nothing, and have no changes.
    for records in (FOLDER, lives.FOLDER):
        if records.is_dir():
            shutil.copytree(records, folder / records.name)


def main(arguments: list[str]) -> int:
    """Pack and folder, as on the command line."""
    if len(arguments) != 2 or arguments[0] not in PACKS:
        sys.stderr.write(f"usage: python -m policies.packs.publish {{{','.join(PACKS)}}} FOLDER\n")
        return 2
    folder = Path(arguments[1])
    try:
        publishable(arguments[0], folder)
    except FileExistsError:
        sys.stderr.write(f"{folder} is there already; a pack is put together anew\nhint: name another folder\n")
        return 2
    sys.stdout.write(f"{folder}: pulumi install && pulumi policy publish <organisation>\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
