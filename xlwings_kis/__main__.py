"""`python -m xlwings_kis`: the command line where `xlwings-kis` is not on the PATH."""

import sys

from xlwings_kis.cli import main

sys.exit(main())
