"""Print the documentation page of all rules."""

from __future__ import annotations

import sys

from labs.manifest.rules import render_page

sys.stdout.write(render_page())
