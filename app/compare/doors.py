"""Where a column's draws are listed, exactly those that its head counts."""

from urllib.parse import quote

from app.compare.cell import Cell
from app.compare.view import SAFE, View
from app.transcripts.told import temperature_word


def draws_of(cell: Cell, view: View) -> str:
    """Return the address of a column's draws, to be narrowed further.

    '' where names are hidden, none are, or only some of them stand here.
    """
    column = cell.column
    if view.hide or view.set or column.temperature_milli is None or not cell.rows:
        return ""
    newest, *others = column.runs
    pooled = f"equal={cell.rows[0].equal_sha256}" if view.pooled else f"prompt={column.prompt_id}"
    told = [
        f"/runs/{newest}/draws?{pooled}&subject={column.slug}&v={column.number}"
        f"&t={temperature_word(column.temperature_milli)}"
    ]
    if others:
        told.append(f"also={','.join(map(str, others))}")
    if view.wave:
        told.append(f"wave={view.wave}")
    if cell.apart and cell.served is not None:
        told.append(f"served={quote(cell.served, SAFE)}")
    return "&".join(told)
