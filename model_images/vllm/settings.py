"""What the server is told, as arguments of its container: so a plan shows all of it, and a change of it is a rollout.

    --model=/models/<name>/<revision> --manifest-sha256=<64 hex digits> --weights-keys=/etc/weights/keys.pem
    --served-model-name=<use case> --max-model-len=<tokens> --max-num-seqs=<requests at once> --gpus=<number>

Names that vLLM has are vLLM's. Nothing is passed on to vLLM that is not read here: `--trust-remote-code`, a hub's token
or a request log can't be asked for.
"""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

Label = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
Parser = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
Weights = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})+/[0-9a-f]{40}$")]


class BadSettings(Exception):
    """Arguments that can't be used, with every fault."""


class Settings(BaseModel):
    """One server's settings; unknown arguments are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"))

    model: Weights = Field(description="folder of the weights, <mount>/<name>/<revision>")
    manifest_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of its manifest.json"
    )
    weights_keys: Path = Field(description="file of public keys in PEM, one of which signed the manifest")
    served_model_name: Label = Field(description="the use case, as callers name it")
    max_model_len: int = Field(description="context in tokens", ge=256, le=1_048_576)
    max_num_seqs: int = Field(description="requests at once", ge=1, le=1024, default=16)
    gpus: int = Field(description="GPUs of this server; 0 serves on CPU", ge=0, le=8)
    confidential: bool = Field(description="whether each GPU must be in confidential mode", default=False)
    gpu_memory_utilization: float = Field(
        description="share of each GPU's memory for weights, cache and all else", gt=0.1, le=0.98, default=0.9
    )
    kv_cache_dtype: Literal["auto", "fp8"] = Field(description="type of the key-value cache", default="auto")
    online_quantization: Literal["none", "fp8"] = Field(
        description="whether 16-bit weights may be served as FP8 where they don't fit else: other answers than were "
        "evaluated, so only where they were evaluated so",
        default="none",
    )
    tool_call_parser: Parser | None = Field(description="vLLM's parser of this model's tool calls", default=None)
    reasoning_parser: Parser | None = Field(description="vLLM's parser of this model's reasoning", default=None)
    cpu_kv_gib: int = Field(description="GiB of the key-value cache where there is no GPU", ge=1, le=512, default=4)
    socket: Path = Field(description="Unix socket that it answers on", default=Path("/run/vllm/vllm.sock"))
    home: Path = Field(description="the only folder that it writes to", default=Path("/tmp"))  # noqa: S108 the pod's own volume
    stop_seconds: int = Field(description="how long streams may end in", ge=0, le=3600, default=150)
    threads: int = Field(description="files hashed side by side", ge=1, le=64, default=4)

    @property
    def folder(self) -> Path:
        """Where the weights lie."""
        return Path(self.model)

    @property
    def name(self) -> str:
        """The model's name, as the stack file has it."""
        return self.folder.parent.name

    @property
    def revision(self) -> str:
        """Its commit."""
        return self.folder.name


def read(arguments: Sequence[str]) -> Settings:
    """From the command line, each as `--name=value`. Raises BadSettings with every fault."""
    faults: list[str] = []
    told: dict[str, str] = {}
    known = sorted(str(field.alias) for field in Settings.model_fields.values())
    for argument in arguments:
        match = re.fullmatch(r"--([a-z0-9-]+)=(.*)", argument, re.DOTALL)
        if not match:
            faults.append(f"'{argument.partition('=')[0][:60]}': arguments are written --name=value")
        elif match[1] in told:
            faults.append(f"--{match[1]} is said twice")
        elif match[1] not in known:
            near = difflib.get_close_matches(match[1], known, n=1)
            faults.append(f"--{match[1]} is no argument" + (f"; did you mean --{near[0]}?" if near else ""))
        else:
            told[match[1]] = match[2]
    try:
        settings = Settings.model_validate(told)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            where = str(fault["loc"][0]) if fault["loc"] else ""
            about = next((f.description for f in Settings.model_fields.values() if f.alias == where), "")
            found = f" (found '{told[where][:80]}')" if where in told else ""
            faults.append(f"--{where}: {fault['msg'][:1].lower()}{fault['msg'][1:]}{found}; it is the {about}")
        raise BadSettings(_told(faults)) from None
    if faults:
        raise BadSettings(_told(faults))
    return settings


def _told(faults: list[str]) -> str:
    lines = "\n".join(f"  {fault}" for fault in faults)
    return (
        f"the server's arguments can't be used, and nothing was started:\n{lines}\n"
        "  hint: they are made by components/inference.py from the stack file"
    )
