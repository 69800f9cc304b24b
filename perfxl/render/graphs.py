"""Native charts for a Word document: drawn by XlsxWriter, with the small workbook they edit."""

from __future__ import annotations

import zipfile
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from msgspec import Struct
from xlsxwriter import Workbook

from perfxl.form.identity import WRITTEN
from perfxl.render.draft import ChartPiece
from perfxl.text.safe import fitting, storable

SHEET = "数据"
CHART_PART = "xl/charts/chart1.xml"
COLOURS = ("#93B4E8", "#1D4ED8", "#0F766E", "#B45309")
LONGEST_LABEL = 40  # characters
# What leads from the chart to its workbook; the standard has it before the settings for printing.
_LINK = b'<c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData>'
_BEFORE = b"<c:printSettings>"
# Said in full: where a label does not say what it leaves out, some programs show it.
_VALUE = b'<c:showVal val="1"/>'
_VALUE_ALONE = b"".join(
    b'<c:%s val="%d"/>' % (part, part == b"showVal")
    for part in (
        *(b"showLegendKey", b"showVal", b"showCatName"),
        *(b"showSerName", b"showPercent", b"showBubbleSize"),
    )
)


class Graph(Struct, frozen=True):
    """A chart part, whose relationship rId1 is to lead to its workbook."""

    chart: bytes
    workbook: bytes


def graph(figure: ChartPiece) -> Graph:
    """Give a figure as a native chart."""
    stream = BytesIO()
    book = Workbook(stream, {"in_memory": True})
    book.set_properties({"created": datetime.fromisoformat(WRITTEN)})
    paper = book.add_worksheet(SHEET)
    labels = [fitting(storable(label), LONGEST_LABEL) for label in figure.labels]
    for row, label in enumerate(labels, 1):
        paper.write_string(row, 0, label)
    chart = book.add_chart({"type": figure.kind})
    for number, (name, values) in enumerate(figure.series, 1):
        paper.write_string(0, number, name)
        for row, value in enumerate(values, 1):
            if value is not None:
                paper.write_number(row, number, float(value))
        chart.add_series(_series(figure, number, len(labels)))
    _shape(chart, figure)
    paper.insert_chart(0, len(figure.series) + 2, chart)
    book.close()
    data = stream.getvalue()
    with zipfile.ZipFile(BytesIO(data)) as package:
        drawn = package.read(CHART_PART)
    assert _BEFORE in drawn
    drawn = drawn.replace(_BEFORE, _LINK + _BEFORE).replace(_VALUE, _VALUE_ALONE)
    return Graph(drawn, data)


def _series(figure: ChartPiece, number: int, count: int) -> dict[str, Any]:
    return {
        "name": [SHEET, 0, number],
        "categories": [SHEET, 1, 0, count, 0],
        "values": [SHEET, 1, number, count, number],
        "fill": {"color": COLOURS[(number - 1) % len(COLOURS)]},
        "gap": 60,
        "data_labels": {"value": True, "font": {"size": 7}, "num_format": _label_format(figure)},
    }


def _shape(chart: Any, figure: ChartPiece) -> None:
    small, lying = {"size": 9}, figure.kind == "bar"
    chart.set_title({"none": True})  # the caption says it
    names, numbers = chart.set_x_axis, chart.set_y_axis
    if lying:
        names, numbers = numbers, names
    names({"num_font": small, "reverse": lying})
    faint = {"visible": True, "line": {"color": "#D9D9D9"}}
    numbers(
        {
            "num_font": small,
            "num_format": "0%" if figure.percent else "#,##0",
            **({} if _below_zero(figure) else {"min": 0}),
            "major_gridlines": faint,
            "label_position": "low",
        }
    )
    single = len(figure.series) == 1
    chart.set_legend({"none": True} if single else {"position": "bottom", "font": small})
    chart.set_chartarea({"border": {"none": True}})


def _numbers(figure: ChartPiece) -> list[Decimal]:
    return [value for _, values in figure.series for value in values if value is not None]


def _below_zero(figure: ChartPiece) -> bool:
    return any(value < 0 for value in _numbers(figure))


def _label_format(figure: ChartPiece) -> str:
    """Give how figures stand at the bars: as the tables print them, 99.60% is not 100%."""
    if figure.percent:
        return "0.00%"
    whole = all(value == value.to_integral_value() for value in _numbers(figure))
    return "#,##0" if whole else "#,##0.00"
