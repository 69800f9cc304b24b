"""The formulas of a form printed beside the check of its only return, by a process of its own.

To print them takes as long as to check; and once the process that reads has what it takes, a second
processor has nothing to do. No file is read there. What does not come from there is printed when it
is asked for.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress

from perfxl.form.layout import Layout


class Printing:
    """The process that prints the formulas of a layout."""

    def __init__(self, layout: Layout) -> None:
        """Start it."""
        self._layout = layout
        self._pipe, theirs = os.pipe()
        self._process = os.fork()
        if not self._process:
            try:
                os.close(self._pipe)  # held open here, the end of the other process would not show
                texts = {block: [*layout.formulas(block).values()] for block in layout.blocks}
                with os.fdopen(theirs, "w", encoding="ascii") as pipe:
                    pipe.write(json.dumps(texts))
            finally:
                os._exit(0)
        os.close(theirs)

    def take(self) -> None:
        """Have the layout take what was printed."""
        with os.fdopen(self._pipe, encoding="ascii") as pipe:
            said = pipe.read()
        os.waitpid(self._process, 0)
        with suppress(ValueError):  # it was ended before its end
            for block, texts in json.loads(said).items():
                self._layout.take(block, texts)
