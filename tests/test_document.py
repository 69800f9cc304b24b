"""What is read of a .docx: all a reader sees, each thing once; and how others are refused."""

from __future__ import annotations

import time
import zipfile
from io import BytesIO

import build
import pytest
from hostile.office import compound
from hostile.packages import archive, stretched
from reports import docx

from perfxl.errors import Unreadable
from perfxl.form.document import Passage, TextTable
from perfxl.reading.document import read_document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"


def relations(name: str, kind: str = OFFICE) -> str:
    """Give the part that says which is the main one."""
    link = f'<Relationship Id="a" Type="{kind}" Target="/{name}"/>'
    return f"<Relationships>{link}</Relationships>"


RELATIONS = relations("word/document.xml")


def package(document: bytes, name: str = "word/document.xml", kind: str = OFFICE) -> bytes:
    """Give a package whose main part is this."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("_rels/.rels", relations(name, kind))
        written.writestr(name, document)
    return target.getvalue()


def body(inside: str, namespace: str = W) -> bytes:
    """Give a main part with this in its body."""
    head = f'<w:document xmlns:w="{namespace}" xmlns:mc="{MC}" xmlns:v="urn:v">'
    return f"{head}<w:body>{inside}</w:body></w:document>".encode()


def p(text: str) -> str:
    """Give a paragraph."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str, properties: str = "") -> str:
    """Give a cell of a table."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def row(*cells: str) -> str:
    """Give a row of a table."""
    return f"<w:tr>{''.join(cells)}</w:tr>"


def table(*rows: str) -> str:
    """Give a table."""
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def texts(inside: str) -> list[str]:
    """Give the passages of a body."""
    pieces = read_document(package(body(inside))).pieces
    return [piece.text for piece in pieces if isinstance(piece, Passage)]


def grids(inside: str) -> list[tuple[tuple[str, ...], ...]]:
    """Give the tables of a body."""
    pieces = read_document(package(body(inside))).pieces
    return [piece.rows for piece in pieces if isinstance(piece, TextTable)]


# ---------------------------------------------------------------- what a reader sees

RUN = "<w:r><w:t>新</w:t></w:r>"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<w:p><w:r><w:t>基本</w:t></w:r><w:r><w:t>支出</w:t></w:r></w:p>", ["基本支出"]),
        (p("甲") + "<w:p/>" + p("乙"), ["甲", "乙"]),
        ("<w:p><w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/></w:r></w:p>", ["甲\t乙\n"]),
        ("<w:p><w:r><w:t>1</w:t><w:noBreakHyphen/><w:t>2</w:t></w:r></w:p>", ["1-2"]),
        ("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>甲</w:t></w:r></w:p>", ["甲"]),
        (
            f"<w:p><w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins>{RUN}</w:ins></w:p>",
            ["新"],
        ),
        ("<w:p><w:moveFrom><w:r><w:t>旧</w:t></w:r></w:moveFrom><w:r><w:t>新</w:t></w:r></w:p>",
         ["新"]),
        ("<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>3</w:t></w:r></w:p>", ["3"]),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r><w:r><w:t>显</w:t></w:r></w:p>",
         ["显"]),
        ('<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>显</w:t></w:r></w:p>', ["显"]),
        (f"<w:sdt><w:sdtContent>{p('控件里')}</w:sdtContent></w:sdt>", ["控件里"]),
        ("<w:p><w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink></w:p>", ["链接"]),
        (
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>" + p("框")
            + "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>" + p("框")
            + "</w:txbxContent></mc:Fallback></mc:AlternateContent><w:t>文</w:t></w:r></w:p>",
            ["框", "文"],
        ),
    ],
)  # fmt: skip
def test_text(inside: str, expected: list[str]) -> None:
    assert texts(inside) == expected


SPAN2 = '<w:gridSpan w:val="2"/>'
DOWN, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (table(row(cell("甲", SPAN2)), row(cell("a"), cell("b"))), [(("甲", "甲"), ("a", "b"))]),
        (
            table(
                row(cell("甲", DOWN), cell("1")),
                row(cell("", ON), cell("2")),
                row(cell("乙", DOWN), cell("3")),
            ),
            [(("甲", "1"), ("甲", "2"), ("乙", "3"))],
        ),
        (
            table(row(cell("甲", f"{SPAN2}{DOWN}"), cell("x")), row(cell("", f"{SPAN2}{ON}"))),
            [(("甲", "甲", "x"), ("甲", "甲"))],
        ),
        (table(row(cell("甲"), cell("", "<w:hMerge/>"))), [(("甲", "甲"),)]),
        (table("<w:tr><w:trPr><w:del/></w:trPr>" + cell("旧") + "</w:tr>", row(cell("新"))),
         [(("新",),)]),
        (table('<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>' + cell("右") + "</w:tr>"),
         [(("", "右"),)]),
        (table(row(f"<w:tc>{p('一')}{p('二')}</w:tc>")), [(("一\n二",),)]),
        (table(row(f"<w:tc>{p('外')}{table(row(cell('内')))}</w:tc>")), [(("内",),), (("外",),)]),
        (table(row(cell("甲", '<w:gridSpan w:val="99999999999"/>'))), [(("甲",),)]),
        (table(row(cell("甲", '<w:gridSpan w:val="-1"/>'))), [(("甲",),)]),
    ],
)  # fmt: skip
def test_tables(inside: str, expected: list[tuple[tuple[str, ...], ...]]) -> None:
    assert grids(inside) == expected


def test_passages_and_tables_keep_their_order() -> None:
    pieces = read_document(docx(("甲", "a\tb", "c\td", "乙"))).pieces
    rows = (("a", "b"), ("c", "d"))
    assert pieces == (Passage("甲", 1), TextTable(rows), Passage("乙", 2))


def test_strict_documents_and_other_places_are_read() -> None:
    strict = package(body(p("甲"), STRICT), kind=STRICT_OFFICE)
    assert read_document(strict).pieces == (Passage("甲", 1),)
    elsewhere = package(body(p("甲")), "content/main.xml")
    assert read_document(elsewhere).pieces == (Passage("甲", 1),)
    prefixed = body(p("甲")).replace(b"w:", b"ns0:")
    assert read_document(package(prefixed)).pieces == (Passage("甲", 1),)


# ---------------------------------------------------------------- what is refused


def refusal(data: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read_document(data)
    assert caught.value.fix
    assert caught.value.code in Unreadable.messages
    return caught.value


def _directory(name: str) -> bytes:
    return compound({name: b"x"})


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "文件是空的"),
        (b"%PDF-1.7 ...", "not-a-report", "PDF 文件"),
        (b"{\\rtf1}", "not-a-report", "旧格式或其他格式的文档"),
        (_directory("WordDocument"), "not-a-report", "旧格式或其他格式的文档"),
        (_directory("Workbook"), "not-a-report", "Excel 工作簿"),
        (_directory("EncryptedPackage"), "encrypted", "文件已加密"),
        (b"%TSD-Header-###%" + b"\0" * 100, "encrypted-by-guard", "加密软件"),
        (build.filled({}), "not-a-report", "Excel 工作簿"),
        (package(b"<p:presentation xmlns:p='urn:p'/>", "ppt/presentation.xml"), "not-a-report",
         "演示文稿"),
        (package(b"<a/>", "mimetype"), "not-a-report", "压缩包"),
        (docx(("甲",))[:-200], "report-damaged", "文件已损坏或不完整"),
        (package(body("<w:p>")), "report-damaged", "文件已损坏或不完整"),
        (package(b'<!DOCTYPE x [<!ENTITY a "b">]>' + body(p("&a;"))), "report-damaged", "DOCTYPE"),
        (package(body("<w:p>" * 300 + "</w:p>" * 300)), "report-too-large", "层数"),
        (package(body("".join(p("字" * 20_000) for _ in range(26)))), "report-too-large", "字数"),
    ],
)  # fmt: skip
def test_others_are_refused_in_one_line(data: bytes, code: str, words: str) -> None:
    error = refusal(data)
    assert (error.code, words in error.message) == (code, True)
    assert "\n" not in error.message + error.fix
    assert "Excel 或 WPS 打开" not in error.fix


def test_an_old_document_is_told_how_to_be_saved() -> None:
    assert "另存为“Word 文档(*.docx)”" in refusal(_directory("WordDocument")).fix


WIDE = table(row(*[cell("字", '<w:gridSpan w:val="63"/>')] * 4_000))


LONG = pytest.param(table(*[row(cell("a"))] * 201_000), marks=pytest.mark.deep)


@pytest.mark.parametrize("inside", [WIDE, LONG])
def test_a_table_beyond_all_tables_is_refused(inside: str) -> None:
    assert "格子数" in refusal(package(body(inside))).message


def test_a_bomb_ends_soon() -> None:
    """What unpacks to a gigabyte is refused before any of it is parsed."""
    head, tail = body("").split(b"</w:body>")
    swollen = stretched(head, p("字" * 100).encode() * 3_000, 1_200, b"</w:body>" + tail)
    data = archive((("_rels/.rels", RELATIONS.encode()), ("word/document.xml", swollen)))
    began = time.process_time()
    assert refusal(data).code == "report-too-large"
    assert time.process_time() - began < 5
