"""How turns become one raw text: the subject's template, filled literally and never by a format language."""

from collections.abc import Sequence

from app.providers.wire import Impossible, Said
from app.subjects.shape import Snapshot, TurnTemplate

NO_TEMPLATE = Impossible("the subject has no template that would make one raw text of this prompt's turns")
ONE_TURN_ONLY = Impossible(
    "the subject's template is one string, which holds a single user turn; several need a template of turns"
)


def render(snapshot: Snapshot, turns: Sequence[Said], prefix: str = "") -> str | Impossible:
    """Return the exact raw text of these turns, a prefilled beginning appended to it as it is.

    Nothing is put between or after the parts that the template itself does not hold.
    """
    template = snapshot.template
    if template is None:
        return NO_TEMPLATE
    if isinstance(template, TurnTemplate):
        return template.before + "".join(_part(template, turn) for turn in turns) + prefix
    if [turn.role for turn in turns] != ["user"]:
        return ONE_TURN_ONLY
    return template.replace("{prompt}", turns[0].text) + prefix


def _part(template: TurnTemplate, turn: Said) -> str:
    return (template.user if turn.role == "user" else template.assistant).replace("{text}", turn.text)
