"""The endpoints of OpenAI's form that are served, and of each what may be asked and what may be answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from model_images.gateway.guard.endpoints import chat, embeddings, erasures, feedback, models, responses
from model_images.gateway.guard.spec import Object

Name = Literal["chat", "responses", "embeddings", "feedback", "erasures", "models"]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One endpoint."""

    name: Name
    path: str
    request: Object
    answer: Object
    streams: bool


ENDPOINTS: Mapping[str, Endpoint] = {
    one.path: one
    for one in (
        Endpoint(name="chat", path="/v1/chat/completions", request=chat.REQUEST, answer=chat.ANSWER, streams=True),
        Endpoint(
            name="responses", path="/v1/responses", request=responses.REQUEST, answer=responses.ANSWER, streams=True
        ),
        Endpoint(
            name="embeddings",
            path="/v1/embeddings",
            request=embeddings.REQUEST,
            answer=embeddings.ANSWER,
            streams=False,
        ),
    )
}
"""Those that ask a model."""
FEEDBACK = Endpoint(
    name="feedback", path="/v1/feedback", request=feedback.REQUEST, answer=feedback.ANSWER, streams=False
)
ERASURES = Endpoint(
    name="erasures", path="/v1/erasures", request=erasures.REQUEST, answer=erasures.ANSWER, streams=False
)
MODELS = Endpoint(name="models", path="/v1/models", request=Object({}), answer=models.ANSWER, streams=False)
MODEL = Endpoint(name="models", path="/v1/models/{model}", request=Object({}), answer=models.ONE, streams=False)
"""One of them, by its name in the path."""
NAMED = r"/v1/models/[a-z][a-z0-9-]*"
"""Its path, as an expression that Envoy takes, which bounds the size of one: how long a name is, the guard sees to."""
ALIVE = "/livez"
"""Whether the process answers, and no more: a store that can't be read is no reason to start every gateway anew."""
DETECTOR = "/detector"
"""Whether the model beside the gateway answers, where there is one: the cluster asks for it here, as it has no port."""
