"""`python -m labs.course`: write `notebooks/` and `solutions/` of a clone anew from the lessons."""

from __future__ import annotations

import sys

from labs.course import build, load
from labs.errors import LabsError
from labs.paths import clone_dir


def main() -> int:
    """Build both folders; exit code 1 with every mistake named when the lessons have any."""
    root = clone_dir()
    try:
        if root is None:
            raise LabsError(what="This is no clone of the course", next_step="Run it from a clone")
        written = build(load().lessons, root / "notebooks", root / "solutions")
    except LabsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{path.relative_to(root)}\n" for path in written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
