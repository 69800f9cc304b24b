"""Tidy tables on disk: CSV that Excel opens right, and Parquet where pyarrow is there.

CSV is UTF-8 with a byte order mark and CRLF, its texts inert (see `inert.in_csv`); Parquet is exact
and typed, numbers as decimal128(38, 10). Records are read once and written as they come, so a
season of any size takes little memory; each file is whole or not there at all.
"""

from __future__ import annotations

import csv
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import IO, Protocol

from msgspec import Struct

from perfxl.disk.files import writing
from perfxl.errors import UsageError, WriteError
from perfxl.returns.records import Record
from perfxl.returns.versions import versions
from perfxl.season.export.tables import (
    DIGITS,
    PLACES,
    TABLES,
    About,
    DataTable,
    Row,
    Type,
    Value,
    plain_digits,
)
from perfxl.season.season import Season
from perfxl.text.safe import in_csv, storable

FOLDER = "导出"
GUIDE_NAME = "字段说明.csv"
GUIDE_HEAD = ("表", "表的内容", "字段", "名称", "类型", "说明")
GROUP = 20_000  # rows of a Parquet table written at once
TYPE_WORDS = {
    Type.TEXT: "文字",
    Type.NUMBER: "数",
    Type.INTEGER: "整数",
    Type.FLAG: "true 或 false",
}
NOTES = (
    "CSV 是 UTF-8 编码;空白就是没有填,不是 0",
    "CSV 里以 = + - @ 等开头的文字,前面加了一个 ',免得被当作公式;去掉这一个 ' 就是原文。数不加",
    "单位代码以 0 开头或很长时,请在 Excel 里用“数据→从文本/CSV”导入,并把这一栏设为文本",
    "Parquet 里是原文,不加 ';数为 decimal(38,10)",
    "文字里看不见的控制字符,CSV 和 Parquet 里都显示为 □",
    "这些文件每次导出都重写,请不要在里面改",
)


class Written(Struct, frozen=True):
    """A file and the number of its rows."""

    path: Path
    rows: int


def write_tables(
    folder: Path, records: Iterable[Record], about: About, parquet: bool = False
) -> list[Written]:
    """Write the tables of these records into a folder and give the files.

    Earlier files of ours are replaced; raise WriteError where a foreign one is in the way, and
    UsageError where Parquet is wanted but pyarrow is not there.
    """
    kinds: tuple[type[_Sink], ...] = (_Csv, _parquet()) if parquet else (_Csv,)
    places = [
        (folder / f"{table.name}{kind.suffix}", table, kind) for table in TABLES for kind in kinds
    ]
    _refuse_foreign(folder, places)
    with ExitStack() as stack:
        sinks = []
        for path, table, kind in places:
            sinks.append(kind(stack.enter_context(writing(path)), table))
            stack.callback(sinks[-1].finish)
        for record in records:
            _add(sinks, record, about)
    written = [Written(path, sink.count) for sink, (path, *_) in zip(sinks, places, strict=True)]
    return [*written, _write_guide(folder / GUIDE_NAME)]


def export_of(season: Season, output: Path | None, parquet: bool) -> list[Written]:
    """Write the tables of a season into a folder, its own 导出 unless told otherwise."""
    season.demand_checked()
    found = versions(season.store.entries())
    about = About(season.campaign.form, found.counting, season.campaign.register)
    folder = output or season.folder.root / FOLDER
    return write_tables(folder, season.store.records(), about, parquet)


def outcome_lines(written: Sequence[Written]) -> Iterator[str]:
    """Give the lines that say what was written."""
    yield f"已导出到 {written[0].path.parent}:"
    for one in written:
        yield f"  {one.path.name}  {one.rows} 行"
    yield f"各字段的意思见 {GUIDE_NAME}。"


def _refuse_foreign(folder: Path, places: Iterable[tuple[Path, DataTable, type[_Sink]]]) -> None:
    foreign = [path for path, table, kind in places if not kind.may_replace(path, table)]
    foreign += [] if _may_replace(folder / GUIDE_NAME, GUIDE_HEAD) else [folder / GUIDE_NAME]
    if foreign:
        raise WriteError.of("foreign", path=foreign[0])


def _add(sinks: Sequence[_Sink], record: Record, about: About) -> None:
    rows = {table.name: list(about.rows(table, record)) for table in TABLES}
    for sink in sinks:
        sink.add(rows[sink.table.name])


def _write_guide(path: Path) -> Written:
    rows = [("", "", "", "", "", note) for note in NOTES]
    rows += [
        (t.name, t.label, c.name, c.label, TYPE_WORDS[c.type], c.meaning)
        for t in TABLES
        for c in t.columns
    ]
    with writing(path) as file:
        file.write(_first_line(GUIDE_HEAD) + _lines(rows))
    return Written(path, len(rows))


class _Sink(Protocol):
    """A table under construction in a file of one kind."""

    suffix: str
    table: DataTable
    count: int

    def __init__(self, file: IO[bytes], table: DataTable) -> None: ...
    def add(self, rows: Sequence[Row]) -> None: ...
    def finish(self) -> None: ...
    @staticmethod
    def may_replace(path: Path, table: DataTable) -> bool: ...


# ---------------------------------------------------------------- CSV


class _Csv:
    """A table as CSV."""

    suffix = ".csv"

    def __init__(self, file: IO[bytes], table: DataTable) -> None:
        self.table, self.count, self._file = table, 0, file
        file.write(_first_line(_names(table)))

    def add(self, rows: Sequence[Row]) -> None:
        self._file.write(_lines(map(_cell, row) for row in rows))
        self.count += len(rows)

    def finish(self) -> None:
        """Nothing is held back."""

    @staticmethod
    def may_replace(path: Path, table: DataTable) -> bool:
        return _may_replace(path, _names(table))


def _names(table: DataTable) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    """Give the lines."""
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _first_line(names: Iterable[str]) -> bytes:
    return BOM_UTF8 + _lines([names])


def _may_replace(path: Path, names: Iterable[str]) -> bool:
    """Whether nothing stands there but a CSV with this first line."""
    head = _first_line(names)
    try:
        with path.open("rb") as file:
            return file.read(len(head)) == head
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _cell(value: Value) -> str:
    if isinstance(value, str):
        return in_csv(value)
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain_digits(value)
    return str(value).lower()  # True is true


# ---------------------------------------------------------------- Parquet


def _parquet() -> type[_Sink]:
    """Give the Parquet writer; raise UsageError where pyarrow is not there."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise UsageError.of("no-pyarrow", python=sys.executable) from error

    types = {
        Type.TEXT: arrow.string(),
        Type.NUMBER: arrow.decimal128(DIGITS, PLACES),
        Type.INTEGER: arrow.int64(),
        Type.FLAG: arrow.bool_(),
    }

    class Parquet:
        """A table as Parquet, written a group of rows at a time."""

        suffix = ".parquet"

        def __init__(self, file: IO[bytes], table: DataTable) -> None:
            self.table, self.count, self._rows = table, 0, list[Row]()
            self._schema = arrow.schema([(c.name, types[c.type]) for c in table.columns])
            self._writer = parquet.ParquetWriter(file, self._schema)

        def add(self, rows: Sequence[Row]) -> None:
            self._rows += rows
            if len(self._rows) >= GROUP:
                self._write()

        def finish(self) -> None:
            self._write()
            self._writer.close()

        def _write(self) -> None:
            columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._schema)
            arrays = [
                arrow.array(map(_storable, column), field.type)
                for column, field in zip(columns, self._schema, strict=True)
            ]
            self._writer.write_table(arrow.Table.from_arrays(arrays, schema=self._schema))
            self.count += len(self._rows)
            self._rows.clear()

        @staticmethod
        def may_replace(path: Path, table: DataTable) -> bool:
            """Whether nothing stands there but a Parquet file with these columns."""
            if not path.exists():
                return True
            try:
                return tuple(parquet.read_schema(path).names) == _names(table)
            except (arrow.ArrowInvalid, OSError):
                return False

    return Parquet


def _storable(value: Value) -> Value:
    return storable(value) if isinstance(value, str) else value
