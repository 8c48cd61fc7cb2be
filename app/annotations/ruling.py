"""How a study is coded: whether others' marks are hidden until one's own pass. A change is an event."""

from sqlalchemy.orm import Session

from app.annotations.acts import Hand
from app.annotations.adjudicating import Admins
from app.annotations.models import CodingRule
from app.db import now
from app.live import log

KIND = "coding_rule"


def rule(session: Session, hand: Hand, hide: bool) -> None:
    """Hide others' marks on a transcript until one's own pass over it, or show them; only an admin may."""
    if not hand.admin:
        raise Admins("How a study is coded is ruled by an admin.")
    row = session.get(CodingRule, hand.study)
    before = {"others_hidden": bool(row and row.others_hidden)}
    if row is None:
        row = CodingRule(study_id=hand.study, person_id=hand.person)
        session.add(row)
    row.others_hidden, row.person_id, row.at = hide, hand.person, now()
    if before["others_hidden"] != hide:
        log.record(session, KIND, {"study": hand.study, "client": hand.client}, study=hand.study, actor=hand.person,
                   before=before, after={"others_hidden": hide})  # fmt: skip
