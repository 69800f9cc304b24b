"""The program: `perfxl`, or `python -m perfxl`."""

import signal
import sys


def main() -> None:
    """Run the command line; Ctrl-C is quiet from the first import to the last moment."""
    try:
        from perfxl.cli import main as run

        run()
    except KeyboardInterrupt:  # nothing had begun
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but to leave


if __name__ == "__main__":  # worker processes import this module too
    main()
