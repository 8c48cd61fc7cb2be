"""An example of what `/api/v1/search` answers, for its OpenAPI document, whose generator leaves out nulls."""

from typing import Any

SEARCH: dict[str, Any] = {
    "looked_for": "answers with “harbour” of gemma-raw at T 0.7 in run 3", "count": "2 answers", "cut": False,
    "read": 0, "of": None,
    "found": [
        {"transcript": 41, "message": 90, "role": "text", "turn": None, "study": "first-light", "run": 3,
         "prompt": "mode-collapse/first-line", "subject": "gemma-raw", "temperature": 0.7, "repeat": 2,
         "state": "done", "stop_class": "natural", "text": "The harbour was still.", "spans": [[4, 11]],
         "page": "/transcripts/41#m90",
         "compare": "/studies/first-light/compare/mode-collapse/first-line?run=3&col=gemma-raw@0.7&repeat=2"},
    ],
    "next": None, "previous": None,
}  # fmt: skip
