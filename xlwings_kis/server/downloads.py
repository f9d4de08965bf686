"""Reports to download: made once for everybody who asks while the figures are the same, for drawing one takes a second."""

from __future__ import annotations

import threading
from collections import deque

from xlwings_kis import report
from xlwings_kis.feed import Feed
from xlwings_kis.report import Report, Request

_MOST_KEPT = 4


class Downloads:
    """The last reports and their bytes."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._kept: deque[tuple[Report, bytes]] = deque(maxlen=_MOST_KEPT)

    def get(self, feed: Feed, wanted: Request) -> tuple[Report, bytes]:
        """The report and its workbook. Raises the typed errors of `report.make`."""
        made = report.make(feed, wanted, feed.patience.deadline)
        with self._mutex:  # one is drawn at a time; who waits finds it drawn
            for known, data in self._kept:
                if known == made:
                    return known, data
            data = report.render(made)
            self._kept.append((made, data))
            return made, data


downloads = Downloads()
"""Of this worker."""
