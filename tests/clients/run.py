"""Starts an installation, runs the suites against it, stops everything. `--long`, `--only NAME…`, `--seed N`.

The program is the one that ANFANG_PROGRAM names, else target/debug/anfang. Exit code 0 when nothing was wrong.
"""

import argparse
import importlib
import random
import signal
import sys
import time

import house as installation
from report import Suite

SUITES = ("tus", "phones", "tokens", "canonical", "corpus", "description")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", nargs="*", default=SUITES, choices=SUITES)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = parser.parse_args()
    # Stopped by a signal, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    start = time.monotonic()
    print(f"clients: seed {asked.seed}{', long' if asked.long else ''} (again: --seed {asked.seed})", flush=True)
    with installation.House() as house:
        for name in asked.only:
            importlib.import_module(f"suites.{name}").run(house, asked.long, asked.seed)
            for server in house.servers:
                if not server.alive():
                    sys.exit(f"a server process ended during {name}")
    wrong = f"faults in {', '.join(Suite.failed)}" if Suite.failed else "no faults"
    print(f"clients: {len(asked.only)} suites, {time.monotonic() - start:.0f} s, {wrong}")
    print(f"{len(asked.only) - len(Suite.failed)} passed, {len(Suite.failed)} failed")
    sys.exit(bool(Suite.failed))


if __name__ == "__main__":
    main()
