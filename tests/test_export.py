"""The tidy tables: what is in them agrees with the records, and nothing in them acts."""

from __future__ import annotations

import builtins
import csv
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import build
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from strategies import ODD_TEXTS

from perfxl.errors import Unreadable, UsageError, WriteError
from perfxl.form.register import Register, Unit
from perfxl.returns import records, workflow
from perfxl.returns.output import Checked
from perfxl.returns.records import Record
from perfxl.returns.versions import versions
from perfxl.season.export.tables import (
    PLACES,
    TABLES,
    TOO_WIDE,
    About,
    DataTable,
    Type,
    number,
    plain_digits,
)
from perfxl.season.export.writing import GUIDE_NAME, outcome_lines, write_tables
from perfxl.text.safe import in_csv, storable

UNIT = Unit("0440114001", "广州市花都区人民政府新华街道办事处")
REGISTER = Register((UNIT,))
TERMS = workflow.Terms(workflow.load_rubric(None), register=REGISTER)
BY_NAME = {table.name: table for table in TABLES}


def record_of(name: str, source: str) -> Record:
    checked = workflow.check_file(build.HERE / name / "filled.xlsx", TERMS)
    return records.record_of(checked, source, register=REGISTER)


def unreadable() -> Record:
    error = Unreadable("encrypted", "文件已加密", "请取消打开密码后重新报送")
    return records.record_of(Checked(Path("x.xlsx"), error=error), "回收/x.xlsx")


RECORDS = [
    record_of("xinhua_2022", "回收/一.xlsx"),
    record_of("clean", "回收/二.xlsx"),
    unreadable(),
]
ABOUT = About(TERMS.form, versions(map(records.entry_of, RECORDS)).counting, REGISTER)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def exact(text: str) -> str:
    """Give the text that `in_csv` made safe."""
    return text[1:] if text.startswith("'") else text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    write_tables(made, iter(RECORDS), ABOUT, parquet=True)
    return made


# ---------------------------------------------------------------- what is in them


def test_counts_agree_with_the_records(folder: Path) -> None:
    expected = {
        "returns": len(RECORDS),
        "fields": sum(len(record["facts"]) for record in RECORDS),
        "indicators": sum(
            len(record["document"][name])
            for record in RECORDS
            for name in ("indicators", "project_indicators")
        ),
        "scores": sum(len((r["document"]["score"] or {"items": []})["items"]) for r in RECORDS),
        "findings": sum(len(record["document"]["findings"]) for record in RECORDS),
    }
    assert {name: len(read(folder / f"{name}.csv")) for name in expected} == expected
    assert {
        name: parquet.read_metadata(folder / f"{name}.parquet").num_rows for name in expected
    } == expected
    assert min(expected.values()) > 2


def test_every_fact_is_there_as_it_stands(folder: Path) -> None:
    facts = [fact for record in RECORDS for fact in record["facts"]]
    rows = read(folder / "fields.csv")
    for fact, row in zip(facts, rows, strict=True):
        assert {name: exact(row[name]) for name in fact} == fact
    lines = {(row["source"], row["key"]): row for row in rows}
    line = lines["回收/一.xlsx", "income.general.final"]
    assert (line["unit_code"], line["unit_name"]) == (UNIT.code, UNIT.name)
    assert (line["sheet"], line["cell"], line["number"]) == ("表1-3 收入", "E5", "22588.02")
    assert (line["year"], line["counting"]) == ("2022", "true")
    assert lines["回收/一.xlsx", "unit.name"]["number"] == ""


def test_a_return_of_no_unit_says_what_it_states(folder: Path) -> None:
    first, second, third = read(folder / "returns.csv")
    assert (first["registered"], first["stated_code"]) == ("true", "440114001")
    assert (first["standing"], first["errors"], first["score_stated"]) == ("correct", "3", "94")
    assert (first["income_annual"], first["expenditure_annual"]) == ("43715.12", "43717.66")
    assert (second["registered"], second["counting"]) == ("false", "false")
    assert second["unit_code"] == second["stated_code"] != ""
    assert (third["standing"], third["error_code"], third["unit_code"]) == (
        "unreadable", "encrypted", "",
    )  # fmt: skip


def test_indicators_are_judged_beside_their_cells(folder: Path) -> None:
    rows = [r for r in read(folder / "indicators.csv") if r["source"] == "回收/一.xlsx"]
    assert sum(row["scope"] == "department" for row in rows) == 21
    unmet = {row["name"]: row for row in rows if row["judged"] == "unmet"}
    visits = unmet["重要节日慰问人次"]
    assert (visits["target"], visits["actual"], visits["completion"]) == ("500", "208", "0.416")
    assert (visits["level2"], visits["unit"], visits["cell"]) == ("数量指标", "人次", "I12")
    assert "疫情" in visits["reason"]
    project = next(row for row in rows if row["scope"] == "project")
    assert (project["project"], project["completion"]) == ("长者长寿保健金项目", "1.0526")


def test_scores_and_findings_name_their_cells(folder: Path) -> None:
    score = read(folder / "scores.csv")[1]
    assert (score["stated"], score["low"], score["high"]) == ("18.4", "16.02", "18.02")
    assert (score["sheet"], score["cell"]) == ("附件3 自评表", "H34")
    finding = read(folder / "findings.csv")[0]
    assert (finding["rule"], finding["title"], finding["severity"]) == (
        "T01", "合计与分项不符", "error",
    )  # fmt: skip
    assert (finding["cell"], finding["difference"]) == ("G22", "2.54")


def test_a_superseded_return_is_marked() -> None:
    older, newer = (
        record_of("xinhua_2022", "回收/旧.xlsx"),
        record_of("xinhua_2022", "回收/新.xlsx"),
    )
    newer["saved"] = "2023-05-01T00:00:00Z"
    about = About(TERMS.form, versions(map(records.entry_of, (older, newer))).counting, REGISTER)
    for table in TABLES:
        at = [column.name for column in table.columns].index("counting")
        assert {row[at] for row in about.rows(table, older)} == {False}
        assert {row[at] for row in about.rows(table, newer)} == {True}


# ---------------------------------------------------------------- the files


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_csv_opens_right_in_excel(folder: Path, table: DataTable) -> None:
    data = (folder / f"{table.name}.csv").read_bytes()
    assert data.startswith(BOM_UTF8)
    names = ",".join(column.name for column in table.columns)
    assert data.removeprefix(BOM_UTF8).startswith(f"{names}\r\n".encode())
    assert data.endswith(b"\r\n")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_parquet_agrees_with_csv(folder: Path, table: DataTable) -> None:
    stored = parquet.read_table(folder / f"{table.name}.parquet").to_pylist()
    for row, line in zip(stored, read(folder / f"{table.name}.csv"), strict=True):
        for column in table.columns:
            value, text = row[column.name], line[column.name]
            if value is None or column.type is Type.TEXT:
                assert exact(text) == (value or "")
            elif column.type is Type.FLAG:
                assert text == str(value).lower()
            else:
                assert Decimal(text) == value


def test_pandas_reads_both(folder: Path) -> None:
    fields = pd.read_csv(folder / "fields.csv")
    typed = pd.read_parquet(folder / "fields.parquet")
    assert list(fields.columns) == list(typed.columns)
    assert fields["number"].sum() == pytest.approx(float(typed["number"].dropna().sum()))
    assert fields["counting"].dtype == bool


def test_every_column_is_explained(folder: Path) -> None:
    told = {(row["表"], row["字段"]): row for row in read(folder / GUIDE_NAME)}
    for table in TABLES:
        for column in table.columns:
            assert re.fullmatch("[a-z][a-z0-9_]*", column.name)
            assert told[table.name, column.name]["名称"] == column.label
        assert len({column.name for column in table.columns}) == len(table.columns)


def test_again_is_the_same_and_replaces_ours(tmp_path: Path) -> None:
    written = write_tables(tmp_path, RECORDS, ABOUT, parquet=True)
    assert "  returns.csv  3 行" in list(outcome_lines(written))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 2 * len(TABLES) + 1
    write_tables(tmp_path, RECORDS, ABOUT, parquet=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["fields.csv", "scores.parquet", GUIDE_NAME])
def test_a_foreign_file_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(WriteError, match=name):
        write_tables(tmp_path, RECORDS, ABOUT, parquet=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"mine"


def test_interrupted_leaves_nothing_half_written(tmp_path: Path) -> None:
    write_tables(tmp_path, RECORDS[:1], ABOUT, parquet=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken() -> Iterator[Record]:
        yield RECORDS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tables(tmp_path, broken(), ABOUT, parquet=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match="不能写入"):
        write_tables(tmp_path / "file", RECORDS, ABOUT)


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def lacking(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", lacking)
    write_tables(tmp_path, RECORDS, ABOUT)
    with pytest.raises(UsageError, match="没有安装 pyarrow") as raised:
        write_tables(tmp_path, RECORDS, ABOUT, parquet=True)
    assert "pip install pyarrow" in raised.value.fix


# ---------------------------------------------------------------- laws


TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("'=+-@\t\r\n\",;＝"))
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠].", re.DOTALL)


@given(TEXTS | st.sampled_from(ODD_TEXTS))
def test_texts_are_inert_and_come_back(text: str) -> None:
    safe = in_csv(text)
    assert exact(safe) == storable(text)
    assert not FORMULA.match(safe) or re.fullmatch(r"-[0-9]+(\.[0-9]+)?", safe)
    assert not safe.startswith(("\t", "\r"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("@SUM(A1)", "'@SUM(A1)"), ("＝1", "'＝1"),
        (" =1", "' =1"), ("\ufeff=1", "'\ufeff=1"), ("-x", "'-x"), ("'x", "''x"), ("\t1", "'\t1"),
        ("-2.53", "-2.53"), ("=", "="), ("-", "-"), ("5-3", "5-3"), ("", ""), ("表", "表"),
    ],
)  # fmt: skip
def test_only_what_could_act_is_marked(text: str, shown: str) -> None:
    assert in_csv(text) == shown


@given(st.lists(TEXTS | st.sampled_from(ODD_TEXTS), min_size=1, max_size=20))
def test_odd_texts_go_round(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    first = RECORDS[1]["facts"][0]
    facts = [{**first, "kind": "long", "value": text} for text in texts]
    record: Any = {**RECORDS[2], "facts": facts}
    folder = tmp_path_factory.mktemp("odd")
    write_tables(folder, [record], ABOUT, parquet=True)
    raw = (folder / "fields.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(raw, newline="")))
    assert [exact(row["value"]) for row in rows] == [storable(text) for text in texts]
    assert parquet.read_table(folder / "fields.parquet")["value"].to_pylist() == [
        storable(text) for text in texts
    ]


def test_what_acts_unseen_becomes_a_box(tmp_path: Path) -> None:
    record: Any = {**RECORDS[2], "source": "回收/\ud800.xlsx"}
    write_tables(tmp_path, [record], ABOUT, parquet=True)
    assert read(tmp_path / "returns.csv")[0]["source"] == "回收/□.xlsx"
    stored = parquet.read_table(tmp_path / "returns.parquet")["source"].to_pylist()
    assert stored == ["回收/□.xlsx"]


@given(st.decimals(-TOO_WIDE * 10, TOO_WIDE * 10, places=PLACES, allow_nan=False))
def test_numbers_are_exact_to_ten_places(value: Decimal) -> None:
    found = number(f"{value:f}")
    if abs(value) >= TOO_WIDE:
        assert found is None
    else:
        assert found == value
        assert Decimal(plain_digits(value)) == value
        assert re.fullmatch(r"0|-?([1-9][0-9]*|0(?=\.))(\.[0-9]*[1-9])?", plain_digits(value))


@pytest.mark.parametrize("text", [None, "", "1e5", "NaN", "约三百", "1,000", "١٢", "95%", "\n1"])
def test_what_is_no_number(text: str | None) -> None:
    assert number(text) is None
