"""The far end of `Place.child`: `python -m benchmarks.child MODULE:FUNCTION ARGUMENTS`."""

from __future__ import annotations

import importlib
import json
import sys


def main() -> None:
    """Call the function, print what it gives as the last line."""
    module, _, function = sys.argv[1].partition(":")
    result = getattr(importlib.import_module(module), function)(**json.loads(sys.argv[2]))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
