"""Figures and faults of the suites, printed in one way. A fault makes the run fail; nothing else does."""

import sys
import time


class Suite:
    """`with Suite("tus") as suite`: counts what was done, collects what was wrong, prints both at its end."""

    failed = []

    def __init__(self, name):
        self.name, self.figures, self.faults = name, {}, []

    def __enter__(self):
        self.start = time.monotonic()
        print(f"— {self.name}", flush=True)
        return self

    def __exit__(self, kind, error, trace):
        if error is not None:
            self.fault(f"{kind.__name__}: {error}")
            sys.excepthook(kind, error, trace)
        took = time.monotonic() - self.start
        words = ", ".join(f"{name} {value}" for name, value in self.figures.items())
        print(f"  {self.name}: {words}; {took:.1f} s; {len(self.faults)} faults", flush=True)
        if self.faults:
            Suite.failed.append(self.name)
        return isinstance(error, Exception)

    def count(self, name, by=1):
        self.figures[name] = self.figures.get(name, 0) + by

    def fault(self, words):
        self.faults.append(words)
        print(f"  FAULT {words}", flush=True)

    def check(self, true, words):
        """A check that is counted; what is not true is a fault."""
        self.count("checks")
        if not true:
            self.fault(words() if callable(words) else words)
        return bool(true)
