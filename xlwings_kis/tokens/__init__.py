"""Access tokens as KIS wants them: one a day for the whole machine, or the whole desk, and never a storm.

Every issue sends the customer a KakaoTalk message, and frequent issues lead to restriction (observed). So a token lives
where all processes find it, one lock is held while one of them issues, and whatever went wrong is written beside it, so
that nobody repeats it. `issuing` knows the rules; `private` (a file of this machine) and `shared` (a server of several
machines) are the places where token and lock are.
"""

from xlwings_kis.tokens.issuing import BroughtToken, Place, Tokens
from xlwings_kis.tokens.private import Kept, PrivateFile, forget_all, look
from xlwings_kis.tokens.state import COOL_DOWN, LONGEST_REST, MARGIN, MOST_IN_COOL_DOWN

__all__ = [
    "COOL_DOWN",
    "LONGEST_REST",
    "MARGIN",
    "MOST_IN_COOL_DOWN",
    "BroughtToken",
    "Kept",
    "Place",
    "PrivateFile",
    "Tokens",
    "forget_all",
    "look",
]
