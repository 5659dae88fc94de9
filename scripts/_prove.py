"""Proves exercises on the running cluster: starters fail, right answers pass, wrong ones fail with their message."""

from __future__ import annotations

import argparse
import sys

from labs import cluster
from labs.course import Proof, prove
from labs.errors import LabsError


def _tell(proof: Proof) -> None:
    print(f"{'FAIL' if proof.problem else 'ok  '} {proof}", flush=True)


def main() -> int:
    """0 when everything named was judged as it should be."""
    parser = argparse.ArgumentParser(prog="scripts/check --cluster", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", help="exercises such as pod/hello")
    parser.add_argument("--all", action="store_true", help="every exercise")
    chosen = parser.parse_args()
    if not chosen.ids and not chosen.all:
        parser.error("name exercises, or --all")
    try:
        proofs = prove(cluster.connect(), [] if chosen.all else chosen.ids, tell=_tell)
    except LabsError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = [proof for proof in proofs if proof.problem]
    print(f"{len(proofs) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
