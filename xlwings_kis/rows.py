"""The rows of a table: one investor group each."""

from __future__ import annotations

from dataclasses import dataclass

from xlwings_kis.fields import INDEX, Field
from xlwings_kis.investors import FIXED_PLACES, investor_label

Figure = int | None
"""A figure as received, in the unit of its field; None where KIS sent none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One investor group. `name` is the name as given (KIS pads it); `figures` follow `fields.FIGURES`."""

    code: str
    name: str
    figures: tuple[Figure, ...]

    def __getitem__(self, field: Field | str) -> Figure:
        return self.figures[INDEX[field if isinstance(field, str) else field.wire]]

    def label(self, lang: str = "ko") -> str:
        """The name people read."""
        return investor_label(self.code, self.name, lang)


def placed(rows: list[Row]) -> tuple[Row, ...]:
    """Rows in the order of the tables: fixed places, then 국가·지자체 and unknown codes as they came."""
    place = {code: at for at, code in enumerate(FIXED_PLACES)}
    return tuple(sorted(rows, key=lambda row: place.get(row.code, len(place))))
