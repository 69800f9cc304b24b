"""A folder of foreign workbooks, each checked as the command line does: a verdict each, in time.

PYTHONPATH=. python tests/corpus.py FOLDER [--jobs 2] [--list FILE]

Made for the test suites of spreadsheet libraries, which hold what programs of all kinds and times
wrote, and much that is broken on purpose. No such file is a return, so each must be refused as what
it is or told to be no form of ours, within ten seconds of the processor and the memory of a worker.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import NamedTuple

from fuzz import SECONDS
from gallery import SCALE

from perfxl.reading.kinds import SUFFIXES
from perfxl.returns.workflow import Terms
from perfxl.run.process import LIMITS, Lost
from perfxl.run.sources import Source
from perfxl.run.work import CheckJob, begin, check_one, lost_error, terms
from perfxl.run.workers import Workers

UNTOLD = frozenset({"fault", "worker-died", "too-slow"})  # no verdict on the file, but an accident


class Verdict(NamedTuple):
    """What was said of a file, and the seconds of the processor that took."""

    code: str
    message: str
    seconds: float

    @property
    def bad(self) -> bool:
        """Whether a file must not end so."""
        return self.code in UNTOLD or self.seconds > SECONDS


def verdict(path: Path) -> Verdict:
    """Give what is said of a file."""
    start = process_time()
    document = check_one(CheckJob(Source(path, path.name), None), terms())["document"]
    error = document["error"] or {"code": "read", "message": ""}
    for finding in document["findings"]:
        if finding["id"] == "W01":
            error = {"code": "W01", "message": finding["message"]}
    return Verdict(error["code"], error["message"], process_time() - start)


def verdicts(folder: Path, jobs: int) -> Iterator[tuple[Path, Verdict]]:
    """Give every workbook below a folder with what is said of it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    paths = sorted(path for path in files if path.suffix.lower() in SUFFIXES)
    with Workers(verdict, jobs, begin, (Terms(SCALE),), LIMITS) as workers:
        results = workers.results(workers.start(path) for path in paths)
        for path, result in zip(paths, results, strict=True):
            if isinstance(result, Lost):
                error = lost_error(result)
                result = Verdict(error.code, f"{error.message} {result.details}", 0.0)
            yield path, result


def main() -> int:
    """Check a folder as the command line says, tell what was found, and give 1 where it is bad."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", type=Path, help="file for every verdict, one a line")
    asked = parser.parse_args()
    found = list(verdicts(asked.folder, asked.jobs))
    if asked.list:
        lines = (f"{said.seconds:.2f}\t{said.code}\t{path}\t{said.message}" for path, said in found)
        asked.list.write_text("\n".join(lines), encoding="utf-8")
    for code, count in Counter(said.code for _, said in found).most_common():
        print(f"{count:6} {code}")
    bad = [(path, said) for path, said in found if said.bad]
    for path, said in bad:
        print(f"{said.seconds:.1f} s {said.code}: {path}\n{said.message}")
    print(f"{len(found)} files, {len(bad)} without a verdict in time,", end=" ")
    print(f"the slowest {max((said.seconds for _, said in found), default=0.0):.1f} s")
    return bool(bad)


if __name__ == "__main__":
    import corpus  # the processes import this file by its name

    sys.exit(corpus.main())
