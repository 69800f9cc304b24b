"""Write the gallery to a folder, for use by hand: PYTHONPATH=.:tests python -m hostile DIR."""

from __future__ import annotations

import sys
from pathlib import Path

from hostile import GALLERY, put_down

for entry in GALLERY:
    print(put_down(entry, Path(sys.argv[1])).name, entry.why, sep="\t")
