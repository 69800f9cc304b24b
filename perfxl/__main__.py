"""The program: `perfxl`, or `python -m perfxl`."""

import os
import signal
import sys

# asked to end by the system: a closed window, a shutdown, another program
ENDINGS = ("SIGTERM", "SIGHUP", "SIGBREAK")


def main() -> None:
    """Run the command line; it can be broken off quietly from the first import to the last moment.

    A request to end is obeyed as Ctrl-C is: what was begun is finished or taken back.
    """
    try:
        for number in filter(None, (getattr(signal, name, None) for name in ENDINGS)):
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup says otherwise
                signal.signal(number, signal.default_int_handler)
        if _checks_one_file(sys.argv[1:]):
            from perfxl.run import reader

            reader.start()
        from perfxl.cli.program import main as run

        run()
    except KeyboardInterrupt:  # nothing had begun
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but to leave
        # Python remembers an interrupt that came through code made at run time (a dataclass, say),
        # and ends by that signal whatever the exit code: the next such code makes it forget
        exec("")  # noqa: S102 - no code at all


def _checks_one_file(words: list[str]) -> bool:
    """Whether the words typed seem to have one file checked; no harm is done where they do not."""
    files = [word for word in words if os.path.isfile(word)]  # noqa: PTH113 - no more is loaded
    return len(files) == 1 and words[0] in ("check", "--clicked", *files)


if __name__ == "__main__":  # worker processes import this module too
    main()
