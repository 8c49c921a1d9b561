"""`python -m tests.fuzz`: tries so many messages, and ends with 1 at the first of which something does not hold."""

import argparse
import subprocess
import sys
import tempfile
from itertools import islice
from random import Random

from tests.fuzz.fuzz import Fuzz, Wrong, messages, report


def main() -> int:
    """Try messages; print what became of them, or which one was wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--payloads", type=int, default=1_000_000, help="how many messages are tried (default: 1000000)")
    options.add_argument("--seed", type=int, default=1, help="other seeds, other messages (default: 1)")
    options.add_argument("--guided", action="store_true", help="by coverage, with atheris; pip install 'instore[fuzz]'")
    wanted = options.parse_args()
    if wanted.guided:
        return _guided(wanted.payloads, wanted.seed)
    fuzz = Fuzz(wanted.seed)
    try:
        for message in islice(messages(Random(wanted.seed)), wanted.payloads):
            fuzz.try_message(message)
    except Wrong as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    report(fuzz, sys.stdout)
    return 0


def _guided(n_payloads: int, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="instore-fuzz-") as folder:
        return subprocess.run([sys.executable, "-m", "tests.fuzz.guided", folder, str(n_payloads), str(seed)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
