"""The wire `openai-completions`: POST /completions, raw text in and its continuation out."""

from app.providers import dialects, openai_shape
from app.providers.outcome import opened
from app.providers.plain import plain
from app.providers.prefix import without_echo
from app.providers.raw import string
from app.providers.sending import lacking
from app.providers.sending import request as written
from app.providers.stops import concluded
from app.providers.tokens import tokens
from app.providers.upstream import elsewhere, served_by
from app.providers.wire import Answered, Call, Failed, Impossible, Reply, Request, Target

auth = openai_shape.auth

AS_CHAT = "the endpoint answered a raw completion as a chat, so that it was none"


def request(target: Target, call: Call) -> Request | Impossible:
    """Return the exact request of a raw completion, or why it cannot be made here.

    A begun answer needs nothing of its own: it is the end of the prompt.
    """
    if call.kind != "completion":
        return Impossible("this endpoint takes raw text only: a chat needs a template")
    refused = dialects.no_completions(target) or lacking(target, call)
    if refused:
        return refused
    body = {"model": target.model, "prompt": call.prompt} | openai_shape.sampling(target, call, chat=False)
    if call.logprobs is not None:
        # llama.cpp answers 0 with no log-probabilities at all; elsewhere it means "of the chosen tokens only".
        body["logprobs"] = max(call.logprobs, 1 if target.dialect == "llamacpp" else 0)
    if target.dialect == "llamacpp":
        body["verbose"] = True
    return written(target, "/completions", body, call)


def read(target: Target, call: Call, reply: Reply) -> Answered | Failed:
    """Return what a reply comes to. Never raises, whatever the reply holds."""
    data = opened(reply)
    if isinstance(data, Answered | Failed):
        return data
    usage = openai_shape.usage_of(data)
    choice = openai_shape.only_choice(data, usage)
    if isinstance(choice, Answered | Failed):
        return choice
    if choice.get("message") and not choice.get("text"):
        return Failed(AS_CHAT, "impossible", usage=usage)
    words = string(choice.get("text")) or ""
    logprobs = choice.get("logprobs")
    echoed = (
        without_echo(words, call.prompt, logprobs)
        if call.extra.get("echo")
        else (words, tokens(logprobs), ())
    )
    words, found, echo = echoed
    text, replaced = plain(words)
    stop, raw, more = openai_shape.stopped(call, data, choice)
    sent = openai_shape.sampling(target, call, chat=False) | dict(call.extra)
    upstream = elsewhere(target, data)
    return concluded(
        call,
        Answered(
            text=text,
            stop_class=stop,
            stop_raw=raw,
            parts=(*replaced, *echo, *more, *openai_shape.filters(data, choice), *upstream),
            usage=usage,
            served_model=served_by(data.get("model"), upstream),
            effective=openai_shape.effective(target, data, sent),
            tokens=found,
        ),
    )
