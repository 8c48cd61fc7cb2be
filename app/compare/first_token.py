"""The first token of a cell's answers: as the endpoint told its distribution, beside what was drawn."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.compare.distribution import entropy
from app.compare.draw import ANSWERS, Draw
from app.compare.panel import Panel
from app.transcripts.heat import visible
from app.transcripts.logprobs import Token, entropy_bound, first, kept
from app.transcripts.shares import ENOUGH, wilson

ROWS = 10  # tokens with a row of their own, the same in every column
SIDES = {
    "before": "before the sampler",
    "after": "after the sampler",
    "unknown": "side of the sampler unknown",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A token: its mean told share (None where it was never listed), how often it was drawn, in words too."""

    html: Markup
    told: float | None
    drawn: int
    words: str


@dataclass(frozen=True, slots=True)
class FirstToken:
    """What a column shows of it. `n` of `of` answers came with log-probabilities; without any, `missing` says why.

    `k` is how many alternatives were listed, `mass` the share that they hold together, `bound` a lower bound of the
    entropy in bits. `drawn_bits` is that of the drawn ones, None where draws are no sample (T = 0) or only one.
    `told` and `drawn` of the others are what the rows leave out.
    """

    n: int
    of: int
    missing: str = ""
    k: str = ""
    side: str = ""
    mass: float = 0.0
    bound: float = 0.0
    drawn_bits: float | None = None
    rows: tuple[Row, ...] = ()
    other_told: float = 0.0
    other_drawn: int = 0

    @property
    def thin(self) -> bool:
        """Whether a share of what was drawn is of too few."""
        return self.n < ENOUGH


@dataclass(slots=True)
class _Column:
    """The first tokens of one column: shares summed over its answers, and counts of what was drawn."""

    tokens: list[Token]
    sides: set[str]
    of: int
    told: dict[str, float]
    drawn: Counter[str]

    def mean(self, text: str) -> float | None:
        """Return a token's mean share over the answers; one that an answer does not list counts as 0 there."""
        return self.told[text] / len(self.tokens) if text in self.told else None


def fill(session: Session, panels: Sequence[Panel]) -> None:
    """Give each column its first tokens, all on the same rows: those with the largest shares over all columns."""
    begun = {draw: _first_answer(draw) for panel in panels for draw in panel.cell.draws}
    packed = kept(session, [number for number in begun.values() if number is not None], beginning=True)
    columns = [_column([begun[draw] for draw in panel.cell.draws], packed) for panel in panels]
    rows = _rows(columns)
    for panel, column in zip(panels, columns, strict=True):
        if panel.cell.draws:
            asked = panel.cell.column.snapshot.sampling.logprobs
            panel.first = _shown(column, rows, asked, panel.cell.replicates)


def _first_answer(draw: Draw) -> int | None:
    """Return the message of a draw's first answer: what follows it in a ladder is said in another context."""
    return next((one.id for one in draw.path if one.role in ANSWERS), None)


def _column(messages: Sequence[int | None], packed: dict[int, tuple[str, bytes]]) -> _Column:
    found = [packed[number] for number in messages if number in packed]
    tokens = [(side, token) for side, some in found if (token := first(some)) is not None]
    told: dict[str, float] = defaultdict(float)
    for _, token in tokens:
        for text, p in token.listed:
            told[text] += p
    drawn = Counter(token.text for _, token in tokens)
    return _Column(
        [token for _, token in tokens], {side for side, _ in tokens}, len(messages), dict(told), drawn
    )


def _rows(columns: Sequence[_Column]) -> list[str]:
    """Return the tokens with a row: by mean share over the columns, told or drawn, whichever is more."""
    weight: dict[str, float] = defaultdict(float)
    for column in columns:
        n = len(column.tokens)
        for text in {*column.told, *column.drawn}:
            weight[text] += max(column.told.get(text, 0.0), column.drawn[text]) / n
    return sorted(weight, key=lambda text: (-weight[text], text))[:ROWS]


def _shown(column: _Column, rows: Sequence[str], asked: int | None, replicates: bool) -> FirstToken:
    n = len(column.tokens)
    if not n:
        why = "not asked for" if asked is None else "asked for, and not given by this endpoint"
        return FirstToken(0, column.of, f"Log-probabilities were {why}.")
    means = {text: share / n for text, share in column.told.items()}
    ks = sorted({len(token.top) for token in column.tokens})
    shown = tuple(_row(text, column, n) for text in rows)
    told_here = sum(row.told or 0.0 for row in shown)
    mass = min(sum(means.values()), 1.0)
    return FirstToken(
        n=n, of=column.of, k=f"{ks[0]}" if len(ks) == 1 else f"{ks[0]} to {ks[-1]}",
        side=SIDES[next(iter(column.sides))] if len(column.sides) == 1 else "on both sides of the sampler",
        mass=mass, bound=entropy_bound(means.values()),
        drawn_bits=None if replicates or n < 2 else entropy(list(column.drawn.values())),
        rows=shown, other_told=max(mass - told_here, 0.0), other_drawn=n - sum(row.drawn for row in shown),
    )  # fmt: skip


def _row(text: str, column: _Column, n: int) -> Row:
    told, drawn = column.mean(text), column.drawn[text]
    share = wilson(drawn, n)
    assert share is not None  # n > 0
    said = "never listed" if told is None else f"told {told:.1%}"
    interval = f"{share.low:.0%} to {share.high:.0%}"
    return Row(visible(text), told, drawn, f"{said}, drawn {drawn} of {n} (95 %: {interval})")
