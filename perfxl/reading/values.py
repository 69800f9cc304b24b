"""The values of a plain package's cells through pandas: in this process, or in one that has it.

pandas takes longer to import than a return takes to check, so another process may stand ready.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from perfxl.errors import Unreadable

Rows = list[list[object]]
Reading = Callable[[bytes], dict[str, Rows]]
PANIC = "pyo3_runtime"  # where a fault of the engine's own comes from
_elsewhere: Reading | None = None


def read_elsewhere(other: Reading) -> None:
    """Have all values of this process read so from now on."""
    global _elsewhere
    _elsewhere = other


def of_sheets(data: bytes) -> dict[str, Rows]:
    """Give the values of each sheet, by its name; raise Unreadable where they cannot be read."""
    return (_elsewhere or read)(data)


def read(data: bytes) -> dict[str, Rows]:
    """Give the values of each sheet as pandas reads them in this process."""
    import pandas as pd
    from python_calamine import CalamineError

    options = {"header": None, "dtype": object, "keep_default_na": False}
    try:
        frames = pd.read_excel(BytesIO(data), engine="calamine", sheet_name=None, **options)
    except (CalamineError, ValueError, KeyError, OSError) as error:
        raise Unreadable.of("damaged") from error
    except BaseException as error:  # a panic of the engine, in Rust, is no Exception
        if type(error).__module__ != PANIC:
            raise
        raise Unreadable.of("damaged") from error
    return {str(name): frame.to_numpy().tolist() for name, frame in frames.items()}
