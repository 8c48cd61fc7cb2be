"""A sound study file and a sound battery file, line by line; tests break one thing at a time."""

from pathlib import Path

STUDY = r"""styloscope: 1
study: {slug: first-light, title: First light, question: Does training or the scaffold make the assistant?}
styles:
  - {slug: base, name: No alignment, method: pretraining only, standing: documented}
  - {slug: rlhf, name: RLHF}
endpoints:
  - slug: small-base
    wire: openai-completions
    base_url: http://127.0.0.1:8401/v1
    model: small-270m
    key_env: null
    style: base
    stage: base
    limits: {concurrency: 4}
    price: {input_per_mtok: 0, output_per_mtok: 0}
  - slug: hosted
    wire: openai-chat
    base_url: https://api.example.com/v1
    model: hosted-1
    key_env: EXAMPLE_API_KEY
    style: rlhf
subjects:
  - slug: raw
    endpoint: small-base
    mode: completion
    template: "{prompt}"
    sampling: {temperature: 0.7, max_tokens: 96}
  - slug: assistant
    endpoint: hosted
    mode: chat
    system: ""
batteries: [./mine.yaml]
run: {repeats: 20, budget: {usd: 2.00, calls: 5000}}
"""

BATTERY = r"""styloscope: 1
battery: {slug: mine, title: Mine, licence: CC0-1.0}
prompts:
  - key: number
    family: number
    mode: chat
    turns:
      - {user: Pick a number.}
    answer: {kind: integer, min: 0, max: 100}
  - key: begun
    family: begun
    mode: prefill
    turns:
      - {user: Are you awake?}
      - {assistant: "I am"}
  - key: steps
    family: steps
    mode: ladder
    turns:
      - {user: Go on.}
      - {user: And then?}
  - key: minutes
    family: minutes
    mode: completion
    turns:
      - {text: "Minutes of the board, 3 March"}
    answer: {kind: choice, of: [agreed, refused]}
"""


def write(folder: Path, study: str = STUDY, battery: str = BATTERY) -> Path:
    """Write both files and return the study's path."""
    (folder / "mine.yaml").write_text(battery, encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text(study, encoding="utf-8")
    return path
