"""The table of people."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigKey, now

LOCAL = 1


class Person(Base):
    """Somebody who reads and marks. Number 1, `local`, is made with the database."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    initials: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
