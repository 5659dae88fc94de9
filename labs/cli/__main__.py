"""`python -m labs.cli`."""

from __future__ import annotations

import sys

from labs.cli.program import main

sys.exit(main())
