"""Run suites against an endpoint, verify a result, list suites.

    python -m model_images.evaluation run --url https://gateway:8443/v1 --model clinical-notes … --out result.json
    python -m model_images.evaluation verify result.json --key evaluator.pub

Exit codes: 0 fine, 1 the tool failed, 2 usage, 3 a suite's bound or the floor was missed, 4 some items have no answer.
"""

import argparse
import asyncio
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model_images.evaluation.endpoint import Unanswered, Way, reached
from model_images.evaluation.journal import AnotherRun, Journal, Outcome
from model_images.evaluation.plugins import BadScorer
from model_images.evaluation.running import run
from model_images.evaluation.statement import BadResult, signed, verified
from model_images.evaluation.suite import BadSuite, Suite, find, shipped
from model_images.evaluation.summary import Subject, missed, statement

OK, FAILED, USAGE, REFUSED, NOT_EVALUATED = 0, 1, 2, 3, 4


def main(arguments: list[str] | None = None) -> int:
    """The verbs. Nothing that can be typed ends in a traceback."""
    said = _parser().parse_args(arguments)
    try:
        verbs = {"run": _run, "verify": _verify, "list": _list}
        return verbs[said.verb](said)
    except (BadSuite, AnotherRun, BadResult, BadScorer) as error:
        return _failed(str(error), USAGE)
    except Unanswered as error:
        return _failed(f"{said.url} does not answer: {error}", FAILED)
    except OSError as error:
        return _failed(f"{error.filename or 'a file'}: {error.strerror or error}", FAILED)
    except KeyboardInterrupt:
        return _failed("stopped; what was answered is in the journal, and the same command goes on from there", FAILED)


def _failed(words: str, code: int) -> int:
    print(words, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model_images.evaluation", description="Evaluate a model.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    runs = verbs.add_parser("run", help="Run suites against an endpoint, and sign what they come to.")
    runs.add_argument("--url", required=True, help="up to and with /v1")
    runs.add_argument("--model", required=True, help="what the endpoint calls it")
    runs.add_argument("--name", help="the model's name in the store; --model without")
    runs.add_argument("--revision", required=True, help="commit of the weights, 40 hex digits")
    runs.add_argument("--model-sha256", required=True, help="SHA-256 of the weights' manifest")
    runs.add_argument("--prompt", required=True, help="name of the prompt template")
    runs.add_argument("--prompt-version", required=True)
    runs.add_argument("--prompt-file", type=Path, help="its text, where the endpoint puts none itself")
    runs.add_argument("--prompt-sha256", help="its SHA-256, where the endpoint puts it")
    runs.add_argument("--suite", action="append", help="a shipped one or a file; all that are shipped without")
    runs.add_argument("--key", type=Path, required=True, help="private key (PEM) to sign with: ECDSA P-256 or Ed25519")
    runs.add_argument("--out", type=Path, required=True, help="the result; its journal lies beside it")
    runs.add_argument("--ca", type=Path)
    runs.add_argument("--certificate", type=Path, help="the client's, with --certificate-key")
    runs.add_argument("--certificate-key", type=Path)
    runs.add_argument("--token-file", type=Path)
    runs.add_argument("--body", type=json.loads, default={}, help="more fields of each request, as JSON")
    runs.add_argument("--concurrency", type=int, default=4)
    runs.add_argument("--seed", type=int, default=1)
    runs.add_argument("--max-tokens", type=int, default=512)
    runs.add_argument("--timeout", type=float, default=120.0, help="seconds for one whole answer")
    runs.add_argument("--floor", type=float, default=0.0, help="least accuracy: the use case's accuracyFloor")
    checks = verbs.add_parser("verify", help="Say what a result says, where one of the keys signed it.")
    checks.add_argument("result", type=Path)
    checks.add_argument("--key", type=Path, action="append", required=True, help="public key (PEM)")
    checks.add_argument("--json", action="store_true")
    lists = verbs.add_parser("list", help="List the suites that are shipped.")
    lists.add_argument("--json", action="store_true")
    return parser


def _run(said: argparse.Namespace) -> int:
    suites = [find(word) for word in said.suite or shipped()]
    names = [suite.name for suite in suites]
    if len(set(names)) != len(names):
        return _failed(f"suites of one name: {', '.join(names)}", USAGE)
    if (said.prompt_file is None) == (said.prompt_sha256 is None):
        return _failed("--prompt-file or --prompt-sha256: who puts the template is one of the two", USAGE)
    if (said.certificate is None) != (said.certificate_key is None):
        return _failed("--certificate and --certificate-key go together", USAGE)
    system = said.prompt_file.read_text(encoding="utf-8") if said.prompt_file else ""
    prompt_sha256 = hashlib.sha256(system.encode()).hexdigest() if said.prompt_file else said.prompt_sha256
    way = Way(
        url=said.url.rstrip("/"),
        model=said.model,
        token_file=said.token_file,
        ca=said.ca,
        certificate=(said.certificate, said.certificate_key) if said.certificate else None,
        system=system,
        seed=said.seed,
        max_tokens=said.max_tokens,
        timeout_s=said.timeout,
        extra=said.body,
    )
    subject = Subject(
        model=said.name or said.model,
        revision=said.revision,
        model_sha256=said.model_sha256,
        prompt=said.prompt,
        prompt_version=said.prompt_version,
        prompt_sha256=prompt_sha256,
        endpoint=way.url,
    )
    key, began = said.key.read_bytes(), datetime.now(UTC)
    outcomes, subject = asyncio.run(_asked(said, suites, way, subject))
    told = statement(subject, suites, outcomes, seed=said.seed, began=began, finished=datetime.now(UTC))
    said.out.write_bytes(signed(told, key))
    _print(told)
    if told["predicate"]["unanswered"]:
        return _failed("some items have no answer; the same command asks those again", NOT_EVALUATED)
    short = missed(told)
    if told["predicate"]["accuracy"] < said.floor:
        short.append(f"accuracy is {told['predicate']['accuracy']:.3f}, the floor is {said.floor:g}")
    return _failed("\n".join(short), REFUSED) if short else OK


async def _asked(
    said: argparse.Namespace, suites: list[Suite], way: Way, subject: Subject
) -> tuple[list[Outcome], Subject]:
    import dataclasses

    about = {
        "subject": dataclasses.asdict(subject),
        "suites": {suite.name: suite.digest for suite in suites},
        "seed": way.seed,
        "maxTokens": way.max_tokens,
        "body": way.extra,
    }
    async with reached(way, said.concurrency) as endpoint:
        served = await endpoint.models()
        journal = Journal(said.out.with_suffix(".journal.jsonl"), about)
        try:
            outcomes = await run(suites, endpoint, journal, concurrency=said.concurrency, tell=_tell)
        finally:
            journal.close()
    seen = dataclasses.replace(subject, certificate_sha256=endpoint.certificate_sha256, served=tuple(served))
    return outcomes, seen


def _tell(done: int, of: int) -> None:
    if sys.stderr.isatty() or done == of:
        print(f"\r{done} of {of} items", end="" if done < of else "\n", file=sys.stderr, flush=True)


def _print(told: dict[str, Any]) -> None:
    said = told["predicate"]
    for suite in said["suites"]:
        print(
            f"{suite['name']:<20} {suite['passed']}/{suite['of']}  {suite['rate']:.3f} ({suite['low']:.3f}–"
            f"{suite['high']:.3f}){'' if suite.get('met', True) else '  missed'}"
        )
    print(f"accuracy {said['accuracy']:.3f} (at least {said['accuracyLow']:.3f} at {said['confidence']:.0%})")


def _verify(said: argparse.Namespace) -> int:
    found = verified(said.result.read_bytes(), [key.read_bytes() for key in said.key])
    if said.json:
        print(json.dumps({"sha256": found.sha256, **found.predicate}, indent=1, ensure_ascii=False))
        return OK
    print(f"{said.result}: signed, complete; sha256 {found.sha256}")
    print(f"model {found.model_name}@{found.model_revision[:12]} {found.model_sha256}")
    print(f"accuracy {found.accuracy:.3f} by {found.suite}, {found.finished.date()}")
    for suite in found.predicate["suites"]:
        print(f"  {suite['name']}: {suite['passed']}/{suite['of']}{'' if suite.get('met', True) else ', missed'}")
    return OK


def _list(said: argparse.Namespace) -> int:
    suites = [find(name) for name in shipped()]
    if said.json:
        rows = [
            {"name": s.name, "version": s.version, "purpose": s.purpose, "items": len(s.items), "sha256": s.digest}
            for s in suites
        ]
        print(json.dumps(rows, indent=1))
        return OK
    for suite in suites:
        print(f"{suite.name:<20} {suite.purpose:<9} {len(suite.items):>4} items  {suite.about}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
