"""The texts of letters as a sheet, for pasting into WeChat or QQ.

Every text can be selected within its cell (the cells are not locked): copied that way it comes
without the quotation marks a spreadsheet puts around a whole cell of several lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, centred, row_key

ID, EDITION = "letters", "1"
BLOCK = "texts"
COLUMNS = (
    Column("seq", "序号"),
    Column("name", "单位名称"),
    Column("contact", "联系人"),
    Column("phone", "电话"),
    Column("body", "正文"),
    # what is attached and where a mail goes: nothing to paste, nor to print
    Column("attachments", "附件", aside=True),
    Column("subject", "主题", aside=True),
    Column("email", "邮箱", aside=True),
    Column("code", "单位代码", aside=True),
)
WIDTHS = (5, 20, 9, 14, 84, 24, 24, 20, 13)
HOW_TO = "双击“正文”格,全选、复制,再粘贴到微信或 QQ。很长的正文只显示开头,双击可看全文"
TEXT = Item(Kind.LONG, look="shown")
BODY = Item(Kind.LONG, look="essay")  # reads from the top where the row is not tall enough


def texts(title: str, rows: Sequence[Mapping[str, str]]) -> Values:
    """Give a workbook of texts, ready to render; each row says what stands in which column."""
    cells = {
        Key(BLOCK, row_key(number), column): Cell(text)
        for number, row in enumerate(rows, 1)
        for column, text in row.items()
    }
    form = _form(title, len(rows))
    return Values(form, read_answers(form, cells))


def _form(title: str, count: int) -> Form:
    rows = tuple(_row(number) for number in range(1, count + 1))
    block = Block(BLOCK, title, COLUMNS, rows, filtered=True)
    sheet = Sheet("letters", "文字", title, (block,), WIDTHS, HOW_TO)
    return Form(ID, EDITION, title, (sheet,))


def _row(number: int) -> Row:
    inputs = {column.key: TEXT for column in COLUMNS[1:]} | {"body": BODY}
    return Row(row_key(number), f"第{number}封", {"seq": centred(str(number)), **inputs})
