"""What requests and answers are like, in counts: length, language, hour. By these drift shows, and nobody's words.

Every label is of a closed set. What is counted is what was answered: a refusal has a counter of its own.
"""

from datetime import UTC, datetime
from typing import Any

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.language import language_of
from model_images.gateway.guard.metrics import Metrics

LOOKED = 600
"""Characters that are read for the language."""
FINISHES = {
    "stop": "stop",
    "completed": "stop",
    "length": "length",
    "incomplete": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}


def count(metrics: Metrics, exchange: Exchange) -> None:
    """Count one answered request."""
    route = exchange.route
    if route is None:
        return
    place = (exchange.asked.use_case, route.variant)
    texts = [slot.text for slot in exchange.slots]
    metrics.prompt_length.labels(*place).observe(sum(map(len, texts)))
    metrics.identifiers.labels(*place).observe(sum(exchange.found.values()))
    metrics.languages.labels(*place, language_of(" ".join(texts)[-LOOKED:])).inc()
    metrics.records.labels(*place, "with" if exchange.extension.record else "without").inc()
    metrics.hours.labels(*place, f"{datetime.now(UTC).hour:02}").inc()
    if exchange.endpoint.name != "embeddings":
        metrics.answer_length.labels(*place).observe(exchange.tokens[1])
        metrics.finishes.labels(*place, FINISHES.get(exchange.finish, "other")).inc()


def finish_of(made: dict[str, Any]) -> str:
    """Why the model stopped, of an answer that came whole: of chat, or of a response."""
    choices = made.get("choices")
    if isinstance(choices, list) and choices:
        return str(choices[0].get("finish_reason") or "")
    return str(made.get("status") or "")
