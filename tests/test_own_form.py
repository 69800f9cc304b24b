"""An office's own form at the command line: named with --form, or lying in a season's folder."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from clerk import SOUND, fill_file
from drawings import EACH, LAYOUTS, data, draw
from editing import edited, rewritten
from form_faults import FAULTS, TOGETHER
from hostile.office import compound
from libreoffice import needs_libreoffice, saved_as
from test_season_cli import perfxl as run
from tiers import everyday

from perfxl.disk import resources
from perfxl.errors import UsageError
from perfxl.forms.shipped import SHIPPED, form_of
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker, load_maker, shipped_path
from perfxl.run.batch import terms_fingerprint
from perfxl.settings.folder import FORM_NAME, SETTINGS_NAME, SeasonFolder

pytestmark = pytest.mark.usefixtures("at_once")
TODAY = date(2025, 3, 10)
LAST = TODAY.year - 1
FORM = "附件3_表样.xlsx"
OWN = {"单位名称", "单位代码", "年度"}  # whose cells we fill in


perfxl = partial(run, today=TODAY)


@cache
def drawn(name: str) -> bytes:
    """Give a drawing of ours as a 表样."""
    return data(draw(LAYOUTS[name]))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Give a folder with a 表样 in it."""
    (tmp_path / FORM).write_bytes(drawn("funds"))
    return tmp_path


def fields(folder: Path, *options: object) -> list[dict[str, Any]]:
    ended = perfxl(folder, "fields", "--json", *options)
    assert ended.code == 0
    found: list[dict[str, Any]] = json.loads(ended.out)
    return found


def document(folder: Path, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(perfxl(folder, "check", "--json", *arguments).out)
    return found


def answers(listed: list[dict[str, Any]]) -> Mapping[str, Mapping[str, object]]:
    """Give something for every field that is not about who reports, by sheet and cell."""
    typed: dict[str, object] = {"amount": 12, "number": 3, "rate": 0.5, "score": 1, "value": 10}
    sheets: dict[str, dict[str, object]] = {}
    for one in listed:
        if one["label"] not in OWN and one["required"]:
            value = one["choices"][0] if one["choices"] else typed.get(one["kind"], "甲")
            sheets.setdefault(one["sheet"], {})[one["cell"]] = value
    return sheets


# ---------------------------------------------------------------- outside a season


@EACH
def test_fields_are_the_cells_of_the_template_that_are_open(name: str, tmp_path: Path) -> None:
    (tmp_path / FORM).write_bytes(drawn(name))
    ended = perfxl(tmp_path, "template", "--form", FORM, "-o", "t.xlsx", "--year", 2023)
    assert (ended.code, ended.out) == (0, "模板已生成:t.xlsx(2023 年度)\n")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    listed = fields(tmp_path, "--form", FORM)
    assert listed
    for one in listed:
        assert book[one["sheet"]][one["cell"]].protection.locked is False, one
    assert len({(one["sheet"], one["cell"]) for one in listed}) == len(listed)


@pytest.mark.parametrize(("name", "scored"), [("funds", True), ("basic", False)])
def test_a_return_on_it_is_checked_by_its_own_labels(
    name: str, scored: bool, tmp_path: Path
) -> None:
    (tmp_path / FORM).write_bytes(drawn(name))
    perfxl(tmp_path, "template", "--form", FORM, "--unit", "甲校", "-o", "t.xlsx")
    (found,) = document(tmp_path, "--form", FORM, "t.xlsx")["files"]
    maker = load_maker(tmp_path / FORM)
    form = workflow.Terms(workflow.load_rubric(None), LAST, maker=maker).form
    assert (found["form"], found["edition"]) == (form.id, form.edition)
    assert (found["year"], found["unit"]["name"]) == (LAST, "甲校")
    assert (found["score"] is not None) is scored
    assert not any(found[one] for one in ("rubric", "totals", "project_indicators"))
    (other,) = document(tmp_path, "t.xlsx")["files"]
    assert other["error"]["code"] == "form-not-recognised"


def test_an_own_form_is_of_the_year_that_its_unit_fills_in(here: Path) -> None:
    perfxl(here, "template", "--form", FORM, "--year", 2021, "-o", "t.xlsx")
    said = perfxl(here, "check", "--form", FORM, "t.xlsx", "-v", "--no-result")
    assert "年度:2021" in said.out
    assert "W13" not in said.out
    other = perfxl(here, "check", "--form", FORM, "--year", 2023, "t.xlsx", "-v", "--no-result")
    assert "年度填的是 2021,这套表是 2023 年度的" in other.out


def test_a_title_is_said_with_one_year(tmp_path: Path) -> None:
    book = draw(LAYOUTS["budget"])
    notes = book.create_sheet("表样说明")
    for row in (("表样名称", "2023年度部门整体支出绩效自评表"), ("年度", 2023)):
        notes.append(row)
    (tmp_path / FORM).write_bytes(data(book))
    ended = perfxl(tmp_path, "template", "--form", FORM, "--unit", "甲校")
    assert ended.out == "模板已生成:甲校_部门整体支出绩效自评表.xlsx(2023 年度)\n"
    ended = perfxl(tmp_path, "new", "任务", "--form", FORM)
    assert "任务的年度是 2023" in ended.out
    assert perfxl(tmp_path, "fields", "--form", FORM, "--year", 2025).out.startswith(
        "2025 年度部门"
    )


def test_the_shipped_form_is_of_any_year_too(tmp_path: Path) -> None:
    ended = perfxl(tmp_path, "template", "--unit", "甲校", "-o", "t.xlsx")
    assert (ended.code, ended.out) == (0, f"模板已生成:t.xlsx({LAST} 年度)\n")
    blank = resources.templates_folder() / workflow.blank_name(form_of(workflow.load_rubric(None)))
    (tmp_path / "old.xlsx").write_bytes(blank.read_bytes())  # of 2022
    files = document(tmp_path, "--no-result", "t.xlsx", "old.xlsx")["files"]
    assert [(one["form"], one["error"]) for one in files] == [
        (f"department-{LAST}", None),
        ("department-2022", None),
    ]
    (found,) = document(tmp_path, "--no-result", "--year", 2022, "t.xlsx")["files"]
    assert f"这是 {LAST} 年度的表,现在审核的是 2022 年度的表" in found["error"]["message"]
    assert f"{LAST} 年度部门整体支出绩效自评表" in perfxl(tmp_path, "fields").out
    ended = perfxl(tmp_path, "check", "--no-result", "t.xlsx", "--previous", "old.xlsx")
    assert (ended.code, "上次的文件 old.xlsx 读不了" in ended.err) == (2, True)


@pytest.mark.parametrize("text", ["22", "二〇二二", "1999", "2022年", "+2022"])
def test_a_year_is_four_digits(tmp_path: Path, text: str) -> None:
    ended = perfxl(tmp_path, "template", "--year", text)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "应是四位数的年度" in ended.err
    assert not list(tmp_path.iterdir())


ON_A_FORM = (
    ("template", "--form"),
    ("fields", "--form"),
    ("rules", "--form"),
    ("new", "任务", "--form"),
    ("check", "a.xlsx", "--form"),
    ("report", "a.xlsx", "--form"),
    ("targets", "a.xlsx", "--form"),
)
FAULTY = {case.done: case for case in (*FAULTS, TOGETHER) if case.name != "nothing-to-fill"}


@pytest.mark.parametrize("done", everyday(FAULTY, {*[*FAULTY][::12], TOGETHER.done}))
def test_what_is_wrong_with_a_form_is_told_at_once(done: str, tmp_path: Path) -> None:
    """Nothing is issued, and nothing lost."""
    case = FAULTY[done]
    (tmp_path / FORM).write_bytes(packed := case.workbook())
    told = perfxl(tmp_path, "form", FORM)
    first, *faults = told.out.splitlines()
    assert (told.code, told.err) == (1, "")
    assert f"有 {len(faults)} 处要改正" in first
    assert any(line.strip().startswith(f"{case.place}:") for line in faults)
    for command in ON_A_FORM if case is TOGETHER else ON_A_FORM[:1]:
        ended = perfxl(tmp_path, *command, FORM)
        assert (ended.code, ended.out) == (2, "")
        assert f"{FORM}:表样有 {len(faults)} 处要改正" in ended.err
        assert all(fault.strip() in ended.err for fault in faults)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == {tmp_path / FORM: packed}


def with_macros(packed: bytes) -> bytes:
    plain, macros = (
        b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
        b"vnd.ms-excel.sheet.macroEnabled.main",
    )
    added = {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(600)}
    return rewritten(packed, lambda _, part: part.replace(plain, macros), added)


def chart_alone() -> bytes:
    book = openpyxl.Workbook()
    book.create_chartsheet("图")
    book.remove(book.worksheets[0])
    return data(book)


ENCRYPTED = {"EncryptionInfo": b"\4\0\4\0", "EncryptedPackage": bytes(9_000)}
WANTED = "另存为“Excel 工作簿(*.xlsx)”"
SAVED = {"旧.xls": "xls", "表.ods": "ods", "改了后缀的.xlsx": "ods"}  # by another program
NO_FORM: Mapping[str, tuple[Callable[[], bytes], str, str]] = {
    "宏.xlsm": (lambda: with_macros(drawn("funds")), "不是 .xlsx 格式", WANTED),
    "表.csv": (lambda: "单位,【金额】".encode("gbk"), "实际是文本或 CSV 文件", WANTED),
    "零.xlsx": (bytes, "文件是空的(0 字节)", "重新下载"),
    "坏.xlsx": (lambda: drawn("funds")[:-300], "已损坏或不完整", WANTED),
    "加密.xlsx": (lambda: compound(ENCRYPTED), "文件已加密", "取消打开密码"),
    "加密软件.xlsx": (lambda: b"E-SafeNet" + bytes(600), "文件已加密", "解密"),
    "只有图.xlsx": (chart_alone, "没有工作表", WANTED),
}


@pytest.mark.parametrize("name", NO_FORM)
def test_a_file_that_is_no_form_is_one_line(name: str, tmp_path: Path) -> None:
    make, what, fix = NO_FORM[name]
    no_form(tmp_path, name, make(), what, fix)


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
@pytest.mark.parametrize("name", SAVED)
def test_so_is_one_in_another_format(name: str, tmp_path: Path) -> None:
    no_form(tmp_path, name, saved_as(drawn("funds"), SAVED[name]), "不是 .xlsx 格式", WANTED)


def no_form(folder: Path, name: str, packed: bytes, what: str, fix: str) -> None:
    """Demand that every command says this of the file, and leaves all as it was."""
    (folder / name).write_bytes(packed)
    for command in (("form",), *ON_A_FORM):
        ended = perfxl(folder, *command, name)
        assert (ended.code, ended.out) == (3 if command == ("form",) else 2, "")
        assert ended.err.startswith(f"{name}:")
        assert (ended.err.count("\n"), what in ended.err, fix in ended.err) == (1, True, True)
    assert {path: path.read_bytes() for path in folder.iterdir()} == {folder / name: packed}


def test_a_form_that_is_a_folder_or_held_open_is_one_line(here: Path) -> None:
    opened = Path.open

    def locked(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == FORM:
            raise PermissionError(13, "held")
        return opened(path, *how, **more)

    (here / "表").mkdir()
    (here / "表" / FORM).write_bytes(drawn("funds"))
    for command in (("form",), *ON_A_FORM):
        code = 3 if command == ("form",) else 2
        ended = perfxl(here, *command, "表")
        assert (ended.code, ended.err) == (
            code,
            "表:是文件夹,不是表样。请给出其中的文件(.xlsx)。\n",
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "open", locked)
            ended = perfxl(here, *command, FORM)
        assert (ended.code, ended.err.count("\n")) == (code, 1)
        assert "先关闭打开它的 Excel 或 WPS 再试" in ended.err
    assert {path.name for path in here.iterdir()} == {FORM, "表"}


def test_what_is_no_form_is_one_line(here: Path) -> None:
    (here / "空白.xlsx").write_bytes(data(draw(LAYOUTS["funds"], blank=True)))
    (here / "旧.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    for name, told in {
        "空白.xlsx": "里没有【标记】",
        "旧.xls": "旧.xls:",
        "没有.xlsx": "没有.xlsx:文件不存在",
    }.items():
        ended = perfxl(here, "template", "--form", name)
        assert (ended.code, ended.err.count("\n"), told in ended.err) == (2, 1, True)
    ended = perfxl(here, "template", "--form", FORM, "--rubric", "标准.toml")
    assert (ended.code, "去掉 --rubric" in ended.err) == (2, True)


# ---------------------------------------------------------------- the ones that are shipped


def test_the_shipped_forms_are_listed(tmp_path: Path) -> None:
    ended = perfxl(tmp_path, "form", "--list")
    assert ended.code == 0
    lines = [line.split("\t") for line in ended.out.splitlines()]
    assert [(id_, title, told[:4]) for id_, title, told in lines] == [
        ("department-2022", "部门整体支出绩效自评表", "2022"),
        ("project-2020", "项目支出绩效自评表", "2020"),
        ("project-2023", "项目支出绩效自评表", "2023"),
    ]
    assert ["不写 --form 就是它" in told for _, _, told in lines] == [True, False, False]


def test_a_shipped_form_is_written_once(tmp_path: Path) -> None:
    ended = perfxl(tmp_path, "form", "--name", "project-2023")
    written = tmp_path / "项目支出绩效自评表_2023_表样.xlsx"
    assert (ended.code, written.name in ended.out) == (0, True)
    assert written.read_bytes() == shipped_path("project-2023").read_bytes()
    assert perfxl(tmp_path, "form", written.name).code == 0
    before = written.stat().st_mtime_ns
    assert perfxl(tmp_path, "form", "--name", "project-2023").code == 4
    assert written.stat().st_mtime_ns == before
    assert perfxl(tmp_path, "form", "--name", "project-2020", "-o", "甲/").code == 0
    assert [path.name for path in (tmp_path / "甲").iterdir()] == [
        "项目支出绩效自评表_2020_表样.xlsx"
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--name", "project-2032"], "没有叫“project-2032”的表样"),
        (["--name", "附件3"], "没有叫“附件3”的表样"),
        (["--name", "project-2023", "--list"], "只写其中一样"),
        ([FORM, "--list"], "只写其中一样"),
    ],
)
def test_what_cannot_be_written_is_one_line(options: list[str], told: str, tmp_path: Path) -> None:
    ended = perfxl(tmp_path, "form", *options)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert told in ended.err
    assert not list(tmp_path.iterdir())


def test_a_shipped_form_goes_by_its_id(here: Path) -> None:
    (here / "project-2023").mkdir()  # a folder is no form
    assert perfxl(here, "template", "--form", "project-2023", "-o", "t.xlsx").code == 0
    (found,) = document(here, "--form", shipped_path("project-2023"), "t.xlsx")["files"]
    assert (found["form"], found["error"]) == ("项目支出绩效自评表", None)
    assert perfxl(here, "new", "任务", "--form", "project-2020").code == 0
    assert (here / "任务" / FORM_NAME).read_bytes() == shipped_path("project-2020").read_bytes()
    (here / "project-2020").write_bytes(drawn("funds"))  # a file of the office goes before ours
    assert fields(here, "--form", "project-2020") == fields(here, "--form", FORM)
    ended = perfxl(here, "fields", "--form", "project")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "project" in ended.err


def test_a_maker_is_its_bytes_and_compiles_once() -> None:
    maker, rubric = OfficeMaker(drawn("points")), workflow.load_rubric(None)
    other = pickle.loads(pickle.dumps(maker))
    assert other is not maker
    assert (other, hash(other)) == (maker, hash(maker))
    assert other != OfficeMaker(drawn("profile"))
    assert other(rubric) is maker(rubric)
    assert terms_fingerprint(workflow.Terms(rubric, maker=maker)) == terms_fingerprint(
        workflow.Terms(rubric, maker=other)
    )
    makers = (maker, OfficeMaker(drawn("profile")), SHIPPED)
    marks = {terms_fingerprint(workflow.Terms(rubric, maker=one)) for one in makers}
    assert len(marks) == 3


# ---------------------------------------------------------------- in a season


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a season of a form, made, set and issued by command."""
    return issued(tmp_path_factory.mktemp("season").resolve(), "funds")


def issued(home: Path, name: str) -> Path:
    (home / FORM).write_bytes(drawn(name))
    assert perfxl(home, "new", f"{LAST}年自评", "--form", FORM).code == 0
    root = home / f"{LAST}年自评"
    terms = {"campaign.year": LAST, "campaign.deadline": date(2025, 3, 31)}
    fill_file(root / SETTINGS_NAME, {**SOUND, **terms})
    assert perfxl(root, "template").code == 0
    return root


@pytest.mark.parametrize("name", everyday(("funds", "tasks", "basic", "points"), {"funds"}))
def test_a_season_from_first_to_last(name: str, tmp_path: Path) -> None:
    root = issued(tmp_path.resolve(), name)
    assert (root / FORM_NAME).read_bytes() == drawn(name)
    book = openpyxl.load_workbook(root / SETTINGS_NAME)
    assert not {"评分标准", "评分项目", "分档"} & set(book.sheetnames)
    templates = sorted((root / "发放").iterdir())
    assert len(templates) == 3
    listed = fields(root)
    for template in templates[:2]:
        sheets = answers(listed) if template is templates[0] else {}
        (root / "回收" / template.name).write_bytes(edited(template.read_bytes(), sheets))
    files = document(root)["files"]
    assert [file["unit"]["name"] for file in files] == ["示例一中", "示例二中"]
    assert {file["year"] for file in files} == {LAST}
    assert "C01" not in {finding["id"] for finding in files[0]["findings"]}
    rollup = openpyxl.load_workbook(root / "汇总.xlsx")
    said = {str(cell.value) for sheet in rollup for row in sheet.iter_rows() for cell in row}
    assert {"示例一中", "示例三中"} <= said
    assert not any(text[:4] == "None" and len(text) > 4 for text in said)
    for command in (("mail", "催报"), ("mail", "退回修改"), ("export",)):
        assert perfxl(root, *command).code == 0
    assert "示例三中" in "".join(path.name for path in (root / "邮件").rglob("*"))
    ended = perfxl(root, "report")
    assert (ended.code, "没有配套的报告格式" in ended.err) == (2, True)
    assert perfxl(root, "targets", "回收").code == 0
    assert perfxl(root, "rules").out == perfxl(tmp_path, "rules", "--form", FORM).out


def test_a_changed_form_has_everything_checked_anew(sent: Path) -> None:
    returned = sent / "回收" / "甲.xlsx"
    returned.write_bytes(next((sent / "发放").iterdir()).read_bytes())
    (before,) = document(sent)["files"]
    book = openpyxl.load_workbook(sent / FORM_NAME)
    book.active["A2"] = "改过的抬头"
    book.save(sent / FORM_NAME)
    (after,) = document(sent)["files"]
    assert after["edition"] != before["edition"]
    assert "W02" in {finding["id"] for finding in after["findings"]}
    assert "W02" not in {finding["id"] for finding in before["findings"]}
    (sent / FORM_NAME).write_bytes(drawn("funds"))
    returned.unlink()


def test_a_form_that_is_gone_or_faulty_is_one_word(sent: Path) -> None:
    place, before = SeasonFolder(sent).form, drawn("funds")
    place.unlink()
    for command in ("template", "check", "fields", "mail 催报", "export"):
        ended = perfxl(sent, *command.split())
        assert (ended.code, ended.out) == (2, "")
        assert UsageError.messages["form-missing"].text in ended.err
    place.write_bytes(b"nonsense")
    ended = perfxl(sent, "check")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert f"{FORM_NAME}:" in ended.err
    place.write_bytes(before)


def test_a_form_put_into_another_season_is_refused(tmp_path: Path) -> None:
    perfxl(tmp_path, "new", "任务")
    (tmp_path / "任务" / FORM_NAME).write_bytes(drawn("funds"))
    ended = perfxl(tmp_path / "任务", "template")
    assert (ended.code, ended.out) == (2, "")
    assert UsageError.messages["form-unexpected"].text in ended.err


def test_a_form_that_lies_in_a_new_folder_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "任务"
    folder.mkdir()
    (folder / FORM_NAME).write_bytes(drawn("funds"))
    (tmp_path / FORM).write_bytes(drawn("basic"))
    ended = perfxl(tmp_path, "new", "任务", "--form", FORM)
    assert (ended.code, "文件已存在" in ended.err) == (4, True)
    assert not (folder / SETTINGS_NAME).exists()
    ended = perfxl(tmp_path, "new", "任务", "--year", 2021)
    assert (ended.code, "任务的年度是 2021" in ended.out, "评分标准" in ended.out) == (
        0,
        True,
        False,
    )
    assert "评分标准" not in openpyxl.load_workbook(folder / SETTINGS_NAME).sheetnames
