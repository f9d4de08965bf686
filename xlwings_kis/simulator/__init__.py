"""An embedded simulator of the KIS gateway: one endpoint, its tokens, its rules and its bad days.

It imports nothing of the rest of the package and speaks KIS from its own data, so that a wrong wire name in
the client finds no accomplice here. Importing it does nothing.
"""

from __future__ import annotations

from .faults import Fault
from .gateway import Call
from .simulator import Simulator

__all__ = ["Call", "Fault", "Simulator"]
