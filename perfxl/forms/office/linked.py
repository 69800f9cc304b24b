"""What formulas and checks refer to: other workbooks, circles, cells that move with a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from perfxl.form.addresses import a1
from perfxl.form.drawing import DrawnArea, DrawnSheet, Spot, area_of
from perfxl.forms.office.model import CHECKS_SHEET, DrawnCheck, FormFault, OfficeForm, OpenList
from perfxl.forms.office.references import CellReference, range_alone, references

_MOST_CIRCLES = 20  # told at once
Place = tuple[str, Spot]


def linked_faults(form: OfficeForm) -> Iterator[FormFault]:
    """Give what is wrong with the references of all formulas and checks of a form."""
    names = [sheet.name for sheet in form.drawing.sheets]
    graph: dict[Place, set[Place]] = {}
    for sheet in form.sheets:
        spare = {row for one in form.lists_of(sheet.name) for row in one.drawn if row != one.row}
        for spot, formula in sheet.formulas.items():
            if spot[0] in spare:
                continue  # the pattern's, filled down
            found = list(references(formula, names))
            graph[sheet.name, spot] = set(_computed(form, sheet, found))
            yield from _formula_faults(form, sheet, spot, formula, found)
    yield from _circles(graph)
    for check in form.checks:
        yield from _check_faults(form, check, names)


# ---------------------------------------------------------------- formulas


def _formula_faults(
    form: OfficeForm, sheet: DrawnSheet, spot: Spot, formula: str, found: list[CellReference]
) -> Iterator[FormFault]:
    if "#REF!" in formula.upper():
        yield FormFault(sheet.name, spot, "公式里有 #REF!(引用的格已删)", "改正公式")
    own = next((one for one in form.lists_of(sheet.name) if one.row == spot[0]), None)
    for reference in found:
        yield from _target_faults(form, sheet.name, spot, reference)
        if reference.elsewhere:
            continue
        if own is not None and not _is_within(own, sheet, reference):
            fix = f"行号前加 $,如 {_with_fixed_rows(reference)}"
            yield FormFault(sheet.name, spot, f"样行里的公式引用了清单外的 {reference.text}", fix)
        yield from _bare_faults(form, sheet.name, spot, reference, own)


def _is_within(own: OpenList, sheet: DrawnSheet, reference: CellReference) -> bool:
    """Whether what a pattern row refers to is itself, the whole list, or stays where it is."""
    here = reference.sheet.casefold() in {"", sheet.name.casefold()}
    area = reference.area
    if here and (area.top == area.bottom == own.row or (reference.ranged and own.pattern(area))):
        return True
    return reference.fixed


def _with_fixed_rows(reference: CellReference) -> str:
    first, last = (a1(*spot, absolute=True) for spot in (reference.area.first, reference.area.last))
    sheet = f"{reference.sheet}!" if reference.sheet else ""
    return f"{sheet}{first}:{last}" if reference.ranged else f"{sheet}{first}"


def _target_faults(
    form: OfficeForm, where: str, spot: Spot, reference: CellReference
) -> Iterator[FormFault]:
    if reference.elsewhere:
        fix = "把要用的数放进本工作簿,改正公式"
        yield FormFault(where, spot, f"引用了别的工作簿({reference.text})", fix)
    elif reference.sheet and form.drawing.sheet(reference.sheet) is None:
        fix = "核对表名;名里有空格或符号的写成 '表名'!A1"
        yield FormFault(where, spot, f"引用的工作表“{reference.sheet}”不存在", fix)


def _bare_faults(
    form: OfficeForm, where: str, spot: Spot, reference: CellReference, own: OpenList | None
) -> Iterator[FormFault]:
    """Tell of references from outside to cells of a list that do not mean the whole of it."""
    for one in form.lists_of(reference.sheet or where):
        if one == own or not _hits(one, reference.area):
            continue
        column = reference.area.left
        whole = f"{a1(one.row, column)}:{a1(one.row, reference.area.right)}"
        if not reference.ranged:
            what = f"单引了清单样行里的 {reference.text},不知是哪一行"
            yield FormFault(where, spot, what, f"要整列的写成区域 {whole}")
        elif not one.pattern(reference.area):
            what = f"{reference.text} 只有清单的空行,没有样行"
            yield FormFault(where, spot, what, f"写成区域 {whole}")


def _hits(one: OpenList, area: DrawnArea) -> bool:
    """Whether an area has cells that move with a list; a label merged down across it is none."""
    return one.touches(area) and not any(label.covers(area) for label in one.labels)


def _computed(form: OfficeForm, sheet: DrawnSheet, found: list[CellReference]) -> Iterator[Place]:
    """Give the formulas that references lead to."""
    for reference in found:
        target = form.drawing.sheet(reference.sheet or sheet.name)
        if target is not None and not reference.elsewhere:
            yield from ((target.name, spot) for spot in _formulas_in(target, reference.area))


def _formulas_in(sheet: DrawnSheet, area: DrawnArea) -> Iterator[Spot]:
    """Give the formulas within an area, whichever of the two is the shorter way to find them."""
    rows, columns = area.shape
    if rows * columns < len(sheet.formulas):
        return (spot for spot in area.spots() if spot in sheet.formulas)
    return (spot for spot in sheet.formulas if area.covers(area_of(spot)))


def _circles(graph: Mapping[Place, set[Place]]) -> Iterator[FormFault]:
    left = {place: set(others) for place, others in graph.items()}
    for _ in range(_MOST_CIRCLES):
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle = list(dict.fromkeys(error.args[1]))
            sheet, first = min(circle)
            through = "、".join(a1(*spot) for _, spot in sorted(circle)[:5])
            what = f"公式绕了一圈又用到自己({through})"
            yield FormFault(sheet, first, what, "改正其中一个公式,不要互相引用")
            left = {p: others - set(circle) for p, others in left.items() if p not in circle}
        else:
            return


# ---------------------------------------------------------------- checks


def _check_faults(form: OfficeForm, check: DrawnCheck, names: list[str]) -> Iterator[FormFault]:
    spot = (check.row, 0)
    sides = [list(references(side, names)) for side in (check.left, check.right)]
    for reference in (one for side in sides for one in side):
        yield from (_told(check, fault) for fault in _side_faults(form, spot, reference))
    if not any(sides):
        yield _of(check, "两边都没有用到表里的格子", "写上要核对的格,如 D7")
    elif not any(one.elsewhere for side in sides for one in side):
        yield from _shape_faults(form, check, names)


def _of(check: DrawnCheck, what: str, fix: str) -> FormFault:
    return FormFault(CHECKS_SHEET, (check.row, 0), f"{check.id} {what}", fix)


def _told(check: DrawnCheck, fault: FormFault) -> FormFault:
    return _of(check, fault.what, fault.fix)


def _side_faults(form: OfficeForm, spot: Spot, reference: CellReference) -> Iterator[FormFault]:
    sheets = form.sheets
    if not reference.sheet and len(sheets) > 1:
        fix = f"写上表名,如 {sheets[0].name}!{reference.text}"
        yield FormFault(CHECKS_SHEET, spot, f"{reference.text} 没有写是哪张表的", fix)
        return
    yield from _target_faults(form, CHECKS_SHEET, spot, reference)
    where = reference.sheet or sheets[0].name
    target = form.drawing.sheet(where)
    if target is None or reference.elsewhere:
        return
    if not reference.ranged and _says_nothing(target, reference.area.first):
        fix = "核对写的是不是这一格"
        yield FormFault(CHECKS_SHEET, spot, f"{reference.text} 那里没有要填的格,也没有数", fix)
    for one in _bare_faults(form, where, spot, reference, None):
        yield FormFault(CHECKS_SHEET, spot, one.what, one.fix)


def _says_nothing(sheet: DrawnSheet, spot: Spot) -> bool:
    """Whether a cell holds neither a token, nor a formula, nor a number."""
    cell = sheet.cell(sheet.area(spot).first)
    wording = cell.raw is None or isinstance(cell.raw, str)
    return not cell.formula and wording and "【" not in str(cell.raw)


def _shape_faults(form: OfficeForm, check: DrawnCheck, names: list[str]) -> Iterator[FormFault]:
    """Tell of ranges that cannot be held against each other cell by cell."""
    sides = [range_alone(side, names) for side in (check.left, check.right)]
    ranges = [one for one in sides if one is not None and one.ranged]
    if not ranges:
        return
    if len(ranges) < 2:
        other = check.right if ranges[0] is sides[0] else check.left
        what = f"一边是区域 {ranges[0].text},另一边 {other} 不是"
        yield _of(check, what, "两边写成同样大小的区域,或用 SUM 合成一个数")
        return
    shapes = [_grown(form, one) for one in ranges]
    if shapes[0] != shapes[1]:
        said = " 和 ".join(
            f"{one.text}({rows} 行 {columns} 列)"
            for one, (rows, columns) in zip(ranges, shapes, strict=True)
        )
        yield _of(check, f"两个区域大小不同:{said}", "改成行数、列数相同的区域")


def _grown(form: OfficeForm, reference: CellReference) -> tuple[int, int]:
    """Give how many rows and columns a range has once its lists have all their rows."""
    rows, columns = reference.area.shape
    sheet = reference.sheet or form.sheets[0].name
    for one in form.lists_of(sheet):
        if one.pattern(reference.area):
            drawn = sum(row in one.drawn for row in reference.area.rows)
            rows += one.rows - drawn
    return rows, columns
