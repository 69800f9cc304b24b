"""The program: `perfxl`, or `python -m perfxl`."""

import os
import sys

from perfxl.cli import interrupts


def main() -> None:
    """Run the command line; it can be broken off quietly from the first import to the last."""
    try:
        interrupts.heed()
        if _checks_one_file(sys.argv[1:]):
            from perfxl.run import reader

            reader.start()
        from perfxl.cli.program import main as run

        run()
    except KeyboardInterrupt:  # nothing had begun
        sys.exit(130)
    finally:
        interrupts.leave()


def _checks_one_file(words: list[str]) -> bool:
    """Whether the words typed seem to have one file checked; no harm is done where they do not."""
    files = [word for word in words if os.path.isfile(word)]  # noqa: PTH113 - no more is loaded
    return len(files) == 1 and words[0] in ("check", "--clicked", *files)


if __name__ == "__main__":  # worker processes import this module too
    main()
