"""Whose form is filled in: the shipped one, or that of an office's 表样."""

from __future__ import annotations

import hashlib
from functools import cached_property, lru_cache
from pathlib import Path

from msgspec import Struct

from perfxl.disk import resources
from perfxl.errors import FormError, Unreadable, UsageError
from perfxl.form.model import Form
from perfxl.forms.office.drawn import has_tokens, understand
from perfxl.forms.office.model import OfficeForm
from perfxl.forms.shipped import FORMS, ShippedForm
from perfxl.reading.drawing import form_bytes, read_drawing
from perfxl.rubric.model import Rubric


class OfficeMaker(Struct, frozen=True, dict=True):
    """Makes the form of a 表样, from the bytes of the workbook; `mark` is their fingerprint."""

    data: bytes

    @cached_property
    def mark(self) -> str:
        """The fingerprint of the workbook."""
        return hashlib.sha256(self.data).hexdigest()

    def __call__(self, _: Rubric) -> Form:
        """Give the form; its points stand in it, so that no rubric has a say."""
        return _compiled(self)

    @property
    def office(self) -> OfficeForm:
        """The form as understood; raise FormError naming every fault, Unreadable."""
        return _understood(self)

    @property
    def year(self) -> int | None:
        """The year that the 表样 is of, if it says one."""
        return self.office.year


@lru_cache(maxsize=4)
def _understood(maker: OfficeMaker) -> OfficeForm:
    drawing = read_drawing(maker.data)
    if not has_tokens(drawing):
        raise FormError
    office = understand(drawing)
    if office.faults:
        raise FormError(*map(str, office.faults))
    return office


@lru_cache(maxsize=4)
def _compiled(maker: OfficeMaker) -> Form:
    from perfxl.forms.office.compiled import compiled

    return compiled(maker.office, maker.year or 0)


def shipped_form(name: str) -> ShippedForm:
    """Give the form that comes with perfxl under this id; raise UsageError where there is none."""
    one = next((form for form in FORMS if form.id == name), None)
    if one is None:
        raise UsageError.of("form-unknown", name=name)
    return one


def shipped_path(name: str) -> Path:
    """Give the 表样 that comes with perfxl under this id; raise UsageError where there is none."""
    return resources.form_path(shipped_form(name).file_name)


def _meant(path: Path) -> Path:
    """Give the file that a path is; a bare word that is none is the id of a shipped 表样."""
    named = path.name == str(path) and not path.suffix and not path.is_file()
    taken = path.is_dir() and not any(form.id == path.name for form in FORMS)
    return shipped_path(path.name) if named and not taken else path


def load_maker(path: Path) -> OfficeMaker:
    """Give the maker of the form in a 表样, a file or the id of one that comes with perfxl.

    Raise UsageError naming every fault it has.
    """
    path = _meant(path)
    try:
        maker = OfficeMaker(form_bytes(path))
        _compiled(maker)
    except Unreadable as error:
        why, fix = error.message, error.fix
        raise UsageError.of("form-unreadable", path=path, why=why, fix=fix) from error
    except FormError as error:
        name = "form-faulty" if error.faults else "form-without-tokens"
        count, listed = len(error.faults), error.listed
        raise UsageError.of(name, path=path, count=count, listed=listed) from error
    return maker
