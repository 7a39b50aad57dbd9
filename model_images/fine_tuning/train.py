"""DP-SGD on a LoRA adapter: each record's gradient clipped, the sum noised, every step accounted for.

M. Abadi et al., "Deep Learning with Differential Privacy", CCS 2016, by Opacus; E. Hu et al., "LoRA", 2021, by peft.
The base model is read from a folder, as safetensors, and runs no code of its own. Nothing is fetched.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from opacus import PrivacyEngine
from peft import LoraConfig, get_peft_model
from torch.utils.data import DataLoader, TensorDataset
from transformers import AutoModelForCausalLM, AutoTokenizer

IGNORED = -100
"""Label that a loss leaves out (torch.nn.CrossEntropyLoss, ignore_index)."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How it is trained."""

    rank: int = 8
    alpha: int = 16
    targets: tuple[str, ...] = ("q_proj", "v_proj")
    learning_rate: float = 1e-3
    batch: int = 8
    """Records in a batch on average: each is drawn by itself."""
    steps: int = 50
    noise_multiplier: float = 1.0
    max_grad_norm: float = 1.0
    tokens: int = 256
    """Of a record; what is longer is cut."""
    seed: int = 1
    """Of the adapter's first weights. The noise has another one, which nobody keeps or can set."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of it."""

    losses: tuple[float, ...]
    steps: int
    sample_rate: float
    epsilon: float
    parameters: int
    largest_sum: float
    """Of a batch's clipped gradients before the noise: a share of what its records may add up to, so never over 1."""


def train(
    base: Path,
    texts: Sequence[str],
    settings: Settings,
    out: Path,
    *,
    begin: Callable[[], float],
    tell: Callable[[int, float], None],
) -> Trained:
    """Train, and write the adapter to `out`. `tell` takes the step and its loss.

    `begin` is called once everything is at hand and no record has been looked at; it gives delta, or raises.
    """
    torch.manual_seed(settings.seed)
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True, trust_remote_code=False)
    model = AutoModelForCausalLM.from_pretrained(
        base, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
    )
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        target_modules=list(settings.targets),
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
    )
    adapted = get_peft_model(model, lora)
    adapted.train()
    weights = [one for one in adapted.parameters() if one.requires_grad]
    # Which records a batch has must be as unknown as the noise: the accountant counts on it.
    drawn, noise = _generator(), _generator()
    loader = _loader(tokenizer, texts, settings, drawn)
    engine = PrivacyEngine(accountant="rdp")
    private, optimizer, batches = engine.make_private(
        module=adapted,
        optimizer=torch.optim.AdamW(weights, lr=settings.learning_rate, weight_decay=0.0),
        data_loader=loader,
        noise_multiplier=settings.noise_multiplier,
        max_grad_norm=settings.max_grad_norm,
        poisson_sampling=True,
        noise_generator=noise,
    )
    delta = begin()
    losses, largest = _steps(private, optimizer, batches, weights, settings, tell)
    adapted.save_pretrained(out, safe_serialization=True)
    return Trained(
        losses=tuple(losses),
        steps=len(losses),
        sample_rate=1 / len(loader),
        epsilon=float(engine.get_epsilon(delta)),
        parameters=sum(one.numel() for one in weights),
        largest_sum=largest,
    )


def _steps(
    private: Any,  # noqa: ANN401 no stubs
    optimizer: Any,  # noqa: ANN401 no stubs
    batches: Any,  # noqa: ANN401 no stubs
    weights: list[Any],
    settings: Settings,
    tell: Callable[[int, float], None],
) -> tuple[list[float], float]:
    losses: list[float] = []
    largest = 0.0
    while len(losses) < settings.steps:
        for tokens, mask in batches:
            optimizer.zero_grad(set_to_none=True)
            if len(tokens):
                labels = tokens.masked_fill(mask == 0, IGNORED)
                loss = private(input_ids=tokens, attention_mask=mask, labels=labels).loss
                loss.backward()
                losses.append(float(loss.detach()))
            else:
                # A batch that chance left empty is a step like others: it is noised, and it is counted.
                for one in weights:
                    one.grad_sample = torch.zeros((0, *one.shape))
                losses.append(float("nan"))
            optimizer.step()
            largest = max(largest, _summed(weights, len(tokens), settings.max_grad_norm))
            tell(len(losses), losses[-1])
            if len(losses) == settings.steps:
                break
    return losses, largest


def _summed(weights: list[Any], records: int, most: float) -> float:
    """How long the sum of a batch's clipped gradients is, as a share of the most that so many records may add up to."""
    norm = torch.stack([one.summed_grad.norm() for one in weights]).norm()
    return float(norm) / (max(records, 1) * most)


def _generator() -> torch.Generator:
    found = torch.Generator()
    found.manual_seed(secrets.randbits(63))
    return found


def _loader(tokenizer: Any, texts: Sequence[str], settings: Settings, drawn: torch.Generator) -> Any:  # noqa: ANN401 no stubs
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    told = tokenizer(
        list(texts), padding="max_length", truncation=True, max_length=settings.tokens, return_tensors="pt"
    )
    return DataLoader(
        TensorDataset(told["input_ids"], told["attention_mask"]),
        batch_size=min(settings.batch, len(texts)),
        generator=drawn,
    )
