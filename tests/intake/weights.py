"""A small model that was never trained: its files as a hub would give them."""

import json
import struct
from pathlib import Path


def safetensors(*, size: int = 3000, seed: int = 1) -> bytes:
    """One tensor of so many bytes."""
    header = json.dumps({"weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes((index * seed) % 251 for index in range(size))


def model(folder: Path) -> Path:
    """Write one."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0"}))
    (folder / "LICENSE").write_text("Apache License 2.0")
    (folder / "model.safetensors").write_bytes(safetensors(size=300_000))
    return folder
