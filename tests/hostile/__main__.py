"""Write the gallery to a folder, for use by hand: PYTHONPATH=.:tests python -m hostile DIR."""

from __future__ import annotations

import sys
from pathlib import Path

from hostile import GALLERY, put_down

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for entry in GALLERY:
    print(put_down(entry, folder).name, entry.why, sep="\t")
