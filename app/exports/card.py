"""The dataset card: what a folder holds and how to read it, and for `datasets` the type of each field."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.exports.fields import TRANSCRIPT

BODY = """
# {title}

{question}

What language models said, collected with Styloscope {version}:
{transcripts} transcripts ({states}), {messages} messages, up to {as_of}.

```python
from datasets import load_dataset
rows = load_dataset("path/of/this/folder", split="train")
```

That needs `datasets` 5, which reads free-form objects (`condition`, `sampling`, `parts`) through a JSON reader of
its own: 0.7 may come as 0.7000000000000001 there. The same rows with pandas:
`pandas.read_json("transcripts.jsonl", lines=True)`.

## Reading it

- One row is one **draw**: a prompt put once to a subject (a model in one mode, with its system prompt and sampling
  settings). The unit of evidence is the cell (prompt × subject × temperature) with its repeats, never one row.
- **A refusal, a failure and an absence are three different data.** `state` is `done` for every answer and every no;
  how an answer ended is `stop_class`, with the provider's own word in `stop_raw`. `failed` and `impossible` rows
  have no answer, and `error` says why. A no in words is ordinary text.
- **Chat, raw completion and prefill are different instruments.** Do not pool rows of different `mode`, or of
  subjects that were asked through messages with those asked through raw text (`wire`).
- `style` is what a model was trained to be. `induced_by` tells whether training, a system prompt, a scaffold or a
  prefilled beginning makes the subject's manner.
- `messages` run from the prompt's first turn to the answer; reasoning is a message of its own. Messages of equal
  `id` are one message, shared by the repeats of a prompt.
- `sampling` holds the settings asked for, sent and, as far as the server told, in effect. `temperature` is null
  where none was sent.
- `usage.input` counts prompt tokens not read from a cache. Null is "not told" and never 0.
- Self-reports of models are outputs, not evidence of inner states.

`manifest.json` holds the filters, counts and SHA-256 of each file. A row's `sha256` is that of its transcript, and
`url` is where it can be read.

The texts were written by models; the terms of each model's provider apply to them.
"""


def card(manifest: Mapping[str, Any]) -> str:
    """Return the README of a dataset folder: YAML front matter, then what to know when reading it."""
    study, counts = manifest["study"], manifest["counts"]
    states = ", ".join(f"{number} {state}" for state, number in counts["states"].items()) or "none"
    text = BODY.format(
        title=_plain(study["title"]),
        question=_plain(study["question"]),
        version=manifest["styloscope"],
        transcripts=counts["transcripts"],
        states=states,
        messages=counts["messages"],
        as_of=manifest["as_of"] or "no date",
    )
    return "\n".join(["---", *_front(study["title"]), "---"]) + text


def _front(title: str) -> Iterator[str]:
    # JSON strings are YAML strings, so that no title can break out of its line.
    yield f"pretty_name: {json.dumps(title)}"
    yield "tags:\n- styloscope"
    yield "configs:\n- config_name: default\n  data_files: transcripts.jsonl\n  default: true"
    yield "dataset_info:\n  config_name: default\n  features:"
    for name, kind in TRANSCRIPT.items():
        yield from _feature(name, kind, "  ")


def _feature(name: str, kind: Any, indent: str) -> Iterator[str]:
    yield f"{indent}- name: {name}"
    if isinstance(kind, str):
        yield f"{indent}  dtype: {kind}"
        return
    yield f"{indent}  {'list' if isinstance(kind, list) else 'struct'}:"
    for inner, inner_kind in (kind[0] if isinstance(kind, list) else kind).items():
        yield from _feature(inner, inner_kind, indent + "  ")


def _plain(text: str) -> str:
    """Return a title or question as one line in which no mark-up is left."""
    return " ".join(text.split()).replace("<", "&lt;").replace("[", "\\[")
