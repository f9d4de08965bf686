"""Prints a command of README.md: the first line of the `sh` block after `<!-- command: NAME -->`."""

import re
import sys
from pathlib import Path

readme = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
found = re.search(rf"<!-- command: {re.escape(sys.argv[1])} -->\s*```sh\n(.+?)\n", readme)
if not found:
    sys.exit(f"README.md has no command {sys.argv[1]}")
sys.stdout.write(found.group(1) + "\n")
