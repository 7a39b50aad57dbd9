"""Presidio's analyser and anonymiser as two HTTP services on one port, as its own images serve them.

Run in an environment of its own, with `presidio-analyzer`, `presidio-anonymizer` and `aiohttp`, by beside_litellm.py:

    python presidio_service.py <port>

The paths and bodies are those of microsoft.github.io/presidio/api-docs. It runs without a language model, as
benchmarks/deidentify.py says, and with its list of public suffixes pinned, or its e-mail recogniser asks the internet.
"""

import asyncio
import logging
import sys
from importlib import import_module
from typing import Any

from aiohttp import web


def engines() -> tuple[Any, Any, Any]:
    """Analyser, anonymiser, and the form of a finding."""
    logging.disable(logging.WARNING)
    tldextract: Any = import_module("tldextract")
    analysis: Any = import_module("presidio_analyzer")
    providers: Any = import_module("presidio_analyzer.nlp_engine")
    anonymiser: Any = import_module("presidio_anonymizer")
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    without = {"nlp_engine_name": "no_op", "models": [{"lang_code": "en", "model_name": "no_op"}]}
    engine = providers.NlpEngineProvider(nlp_configuration=without).create_engine()
    analyser = analysis.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    return analyser, anonymiser.AnonymizerEngine(), import_module("presidio_anonymizer.entities").RecognizerResult


def main() -> None:
    """Serve until it is ended."""
    analyser, anonymiser, finding = engines()

    async def analyze(request: web.Request) -> web.Response:
        asked = await request.json()
        found = await asyncio.to_thread(analyser.analyze, asked["text"], "en")
        return web.json_response([one.to_dict() for one in found])

    async def anonymize(request: web.Request) -> web.Response:
        asked = await request.json()
        found = [
            finding(one["entity_type"], one["start"], one["end"], one["score"]) for one in asked["analyzer_results"]
        ]
        made = anonymiser.anonymize(asked["text"], found)
        return web.json_response({"text": made.text, "items": [one.to_dict() for one in made.items]})

    app = web.Application()
    app.router.add_post("/analyze", analyze)
    app.router.add_post("/anonymize", anonymize)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
