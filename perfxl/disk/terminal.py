"""What perfxl says on a terminal: the one place that prints lines for people."""

from __future__ import annotations

import sys

from perfxl.text.safe import shown


def say(text: str, *, aside: bool = False) -> None:
    """Print a text, or with `aside` on stderr; no name or word of a unit steers the terminal."""
    print(shown(text), file=sys.stderr if aside else sys.stdout, flush=True)
