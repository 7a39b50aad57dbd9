"""Train an adapter, and say what it cost; say what a population's data may cost, and what has been spent.

    python -m model_images.fine_tuning train --base /mnt/weights/<model> --data /mnt/training/<population>/<set>.jsonl …
    python -m model_images.fine_tuning budget --ledger /mnt/ledger --population <population> --epsilon 8 …
    python -m model_images.fine_tuning spent --ledger /mnt/ledger --population <population> [--json]

Exit codes: 0 fine, 1 the tool failed, 2 usage or data that are not to be trained on, 3 it would cost too much privacy.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from model_images.fine_tuning.budgeting import given, told
from model_images.fine_tuning.data import BadData
from model_images.fine_tuning.ledger import Damaged, TooMuch
from model_images.fine_tuning.running import run

OK, FAILED, USAGE, REFUSED = 0, 1, 2, 3
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
TEXTS = ("base-name", "base-revision", "base-sha256", "name", "stack", "use-case", "prompt", "prompt-version")
"""What a candidate's record says of itself; base-revision has 40 hex digits, a SHA-256 is of a manifest."""


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked. Nothing that can be typed ends in a traceback; no message holds a record's text."""
    said = _parser().parse_args(arguments)
    os.environ.update(OFFLINE)
    try:
        lines: list[str] = said.work(said)
    except BadData as error:
        return _failed(str(error), USAGE)
    except TooMuch as error:
        return _failed(str(error), REFUSED)
    except Damaged as error:
        return _failed(f"the ledger can't be relied on: {error}\nhint: restore it from the store's versions", FAILED)
    except ImportError as error:
        return _failed(f"{error.name} is not installed here: it runs in its own image", FAILED)
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}", FAILED)
    except ValueError as error:
        return _failed(f"it could not be trained: {type(error).__name__}: {error}", FAILED)
    print("\n".join(lines))
    return OK


def _train(said: argparse.Namespace) -> list[str]:
    return run(said, _tell)


def _tell(step: int, loss: float) -> None:
    if sys.stderr.isatty():
        print(f"\rstep {step}, loss {loss:.3f} ", end="", file=sys.stderr, flush=True)


def _budget(said: argparse.Namespace) -> list[str]:
    return given(said.ledger, said.population, epsilon=said.epsilon, delta=said.delta, by=said.by, why=said.why)


def _spent(said: argparse.Namespace) -> list[str]:
    return told(said.ledger, said.population, as_json=said.json)


def _failed(words: str, code: int) -> int:
    print(words, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model_images.fine_tuning", description="Fine-tune with privacy.")
    verbs = parser.add_subparsers(required=True, metavar="{train,budget,spent}")

    def verb(name: str, told: str, work: Callable[[argparse.Namespace], list[str]]) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=told, description=told)
        made.set_defaults(work=work)
        made.add_argument("--ledger", type=Path, required=True, help="folder of the ledgers, in write-once storage")
        return made

    train = verb("train", "Train an adapter.", _train)
    train.add_argument("--base", type=Path, required=True, help="folder of the base model: safetensors alone")
    train.add_argument("--data", type=Path, required=True, help="JSON lines in a population's folder of the store")
    train.add_argument("--out", type=Path, required=True, help="a folder that is empty, or not there yet")
    for name in (*TEXTS, "prompt-sha256", "by"):
        train.add_argument(f"--{name}", required=True)
    train.add_argument("--most-epsilon", type=float, required=True, help="what this training may cost by itself")
    train.add_argument("--noise", type=float, default=1.0, help="noise multiplier")
    train.add_argument("--clip", type=float, default=1.0, help="largest norm of a record's gradient")
    train.add_argument("--steps", type=int, default=50)
    train.add_argument("--batch", type=int, default=8)
    train.add_argument("--rank", type=int, default=8)
    train.add_argument("--tokens", type=int, default=256)
    train.add_argument("--learning-rate", type=float, default=1e-3)
    train.add_argument("--seed", type=int, default=1)

    budget = verb("budget", "Say what all trainings on a population may cost together.", _budget)
    budget.add_argument("--population", required=True, help="the folder of the training store")
    budget.add_argument("--epsilon", type=float, required=True, help="the data protection officer's number")
    budget.add_argument("--delta", type=float, required=True, help="under one in the number of records of any set")
    budget.add_argument("--by", required=True)
    budget.add_argument("--why", required=True)

    spent = verb("spent", "Say what trainings on a population have cost.", _spent)
    spent.add_argument("--population", required=True)
    spent.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
