"""What is looked into for returns: folders, archives, mails; and what is passed over."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import chdir
from email.message import EmailMessage
from pathlib import Path
from socket import AF_UNIX, socket

import build
import pytest

from perfxl.disk.files import LONGEST_NAME
from perfxl.errors import Unreadable, UsageError
from perfxl.form.identity import DIGEST, PROPERTIES_PART, RESULT_OF, WRITTEN
from perfxl.reading.intake import MAX_PROPERTIES, inspect, is_untouched
from perfxl.reading.limits import FILE
from perfxl.render.seal import UNSEALED, sealed
from perfxl.returns.places import result_name
from perfxl.returns.versions import moment
from perfxl.returns.workflow import Terms, load_rubric
from perfxl.run import batch, work
from perfxl.run import sources as module
from perfxl.run.mails import LARGEST_MAIL
from perfxl.run.sources import (
    KEPT,
    LEFT_OUT,
    LINKED_FOLDER,
    MOST_MEMBERS,
    NO_FILE,
    NO_TABLE,
    NOWHERE,
    OURS,
    Source,
    everything,
    set_apart,
    source_fingerprint,
    sources,
)
from perfxl.settings.folder import season_of

CLEAN = (build.HERE / "clean" / "filled.xlsx").read_bytes()
OUR_RESULT = CLEAN  # as perfxl writes: nobody has saved it since
TERMS = Terms(load_rubric(None))


DATE, SENT = "Mon, 10 Apr 2023 09:30:00 +0800", "2023-04-10T09:30:00+08:00"


def packed(members: Mapping[str, bytes]) -> bytes:
    """Give a zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2023, 4, 10, 9, 0, 0)), data)
    return target.getvalue()


def mailed(attachments: Mapping[str, bytes], date: str = DATE) -> bytes:
    """Give a saved mail."""
    message = EmailMessage()
    message["Subject"], message["Date"] = "报送自评表", date
    message.set_content("见附件")
    for name, data in attachments.items():
        message.add_attachment(data, maintype="application", subtype="x", filename=name)
    return bytes(message)


def names(*paths: Path, below: Path) -> list[str]:
    return [source.name.removeprefix(f"{below}/") for source in sources(paths)]


def test_folders_are_walked_and_what_is_no_return_is_passed_over(tmp_path: Path) -> None:
    for name in (
        "乙.xlsx", "子/甲.XLSX", "子/深/丙.et", "~$乙.xlsx", ".~乙.xlsx", "._乙.xlsx", "报告.docx",
        "作废/旧.xlsx", ".隐藏/旧.xlsx",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(CLEAN)
    (tmp_path / "乙_审核结果.xlsx").write_bytes(OUR_RESULT)
    (tmp_path / "丁_审核结果.xlsx").write_bytes(b"not as we wrote it")
    found = names(tmp_path, below=tmp_path)
    assert found == ["丁_审核结果.xlsx", "乙.xlsx", "子/深/丙.et", "子/甲.XLSX"]


def test_a_file_named_twice_is_one_source(tmp_path: Path) -> None:
    (tmp_path / "甲.xlsx").write_bytes(CLEAN)
    assert names(tmp_path / "甲.xlsx", tmp_path, tmp_path / "." / "甲.xlsx", below=tmp_path) == [
        "甲.xlsx"
    ]


def test_archives_and_mails_one_inside_the_other(tmp_path: Path) -> None:
    inner = packed({"甲.xlsx": CLEAN, "报告.docx": b"", "乙_审核结果.xlsx": OUR_RESULT})
    mail = mailed({"某单位.xlsx": CLEAN, "附件.zip": inner})
    outer = {"信.eml": mail, "文件夹/丙.xls": b"?", "~$丙.xls": b""}
    (tmp_path / "收.zip").write_bytes(packed(outer))
    found = list(sources([tmp_path]))
    assert [source.name.removeprefix(f"{tmp_path}/") for source in found] == [
        "收.zip/信.eml/某单位.xlsx",
        "收.zip/信.eml/附件.zip/甲.xlsx",
        "收.zip/文件夹/丙.xls",
    ]
    assert [source.stem for source in found] == ["某单位", "甲", "丙"]
    assert found[0].read() == found[1].read() == CLEAN
    assert moment(found[0].received) == moment(found[1].received) == moment(SENT)
    assert moment(found[2].received) is not None


def test_a_mail_tells_when_its_attachments_came(tmp_path: Path) -> None:
    (tmp_path / "信.eml").write_bytes(mailed({"甲.xlsx": CLEAN}))
    (tmp_path / "乱.eml").write_bytes(mailed({"乙.xlsx": CLEAN}, date="昨天"))
    os.utime(tmp_path / "乱.eml", (0, 1_680_000_000))
    by_name = {source.stem: source.received for source in sources([tmp_path])}
    assert moment(by_name["甲"]) == moment(SENT)
    assert moment(by_name["乙"]) == moment("2023-03-28T10:40:00+00:00")  # that of the file


def test_two_attachments_of_one_name(tmp_path: Path) -> None:
    message = EmailMessage()
    message.set_content("两个附件同名")
    for data in (CLEAN, b"other"):
        message.add_attachment(data, maintype="application", subtype="x", filename="表.xlsx")
    (tmp_path / "信.eml").write_bytes(bytes(message))
    found = list(sources([tmp_path]))
    assert [source.members for source in found] == [("表.xlsx",), ("表(2).xlsx",)]
    assert [source.read() for source in found] == [CLEAN, b"other"]


@pytest.mark.parametrize(
    "header",
    [
        "filename*=GBK''%BC%D7.xlsx",
        'filename="=?GB18030?B?vNcueGxzeA==?="',
        'filename="=?utf-8?B?55SyLnhsc3g=?="',
        'filename="甲.xlsx"',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_names_as_mail_programs_write_them(tmp_path: Path, header: str, encoding: str) -> None:
    text = (
        "From: a@b.cn\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=xx\n\n--xx\n"
        f"Content-Type: application/octet-stream\nContent-Disposition: attachment; {header}\n"
        "Content-Transfer-Encoding: base64\n\nUEs=\n--xx--\n"
    )
    (tmp_path / "信.eml").write_bytes(text.encode(encoding))
    (source,) = sources([tmp_path])
    assert (source.members, source.read()) == (("甲.xlsx",), b"PK")


def test_archives_of_chinese_windows(tmp_path: Path) -> None:
    data = packed({"aabb.xlsx": CLEAN}).replace(b"aabb", "甲乙".encode("gbk"))
    (tmp_path / "包.zip").write_bytes(data)
    (source,) = sources([tmp_path])
    assert source.members == ("甲乙.xlsx",)
    assert source.read() == CLEAN


def test_no_name_in_an_archive_becomes_a_path(tmp_path: Path) -> None:
    (tmp_path / "包.zip").write_bytes(packed({"../../外.xlsx": CLEAN, "C:\\甲.xlsx": CLEAN}))
    found = list(sources([tmp_path]))
    assert all(source.path == tmp_path / "包.zip" for source in found)
    assert all("/" not in source.stem for source in found)
    assert [source.read() for source in found] == [CLEAN, CLEAN]


def _locked() -> bytes:
    """Give an archive whose member says it has a password."""
    data = bytearray(packed({"甲.xlsx": CLEAN}))
    data[6] |= 1
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("坏.zip", b"PK\x03\x04 but no more", "压缩包已损坏或不完整"),
        ("空.zip", packed({"说明.txt": b""}), "实际是压缩包"),
        ("多.zip", packed({f"{n}.xlsx": b"" for n in range(MOST_MEMBERS + 1)}), "超过 2000 个"),
        ("空.eml", mailed({"报告.docx": b""}), "邮件,没有 Excel 附件"),
        ("密.zip", _locked(), "压缩包有密码"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00", "实际是压缩包"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "实际是压缩包"),
        ("坏员.zip", packed({"甲.xlsx": CLEAN}).replace(CLEAN[200:220], bytes(20)), "损坏"),
    ],
    ids=[
        "zip",
        "no-table",
        "many",
        "mail",
        "locked",
        "rar",
        "7z",
        "member",
    ],  # a mail has a mark by chance
)
def test_what_cannot_be_looked_into_says_why(
    tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (source,) = sources([tmp_path])
    with pytest.raises(Unreadable, match=told):
        inspect(source.read())


def test_the_file_is_gone_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "包.zip").write_bytes(packed({"甲.xlsx": CLEAN}))
    (tmp_path / "乙.xlsx").write_bytes(CLEAN)
    found = list(sources([tmp_path]))
    for path in tmp_path.iterdir():
        path.unlink()
    for source in found:
        with pytest.raises(Unreadable, match="不存在"):
            source.read()


def test_names_no_text_can_hold_are_spelt_out() -> None:
    source = Source(Path("\udce5.xlsx"), "\udce5.xlsx")
    assert source.name == "\\udce5.xlsx"


# ---------------------------------------------------------------- damage never stops a run


def patched(data: bytes, at: Mapping[int, int], local: Mapping[int, int] | None = None) -> bytes:
    """Give an archive of one member with bytes of its headers, central and local, replaced."""
    changed, central = bytearray(data), data.rindex(b"PK\x01\x02")
    for offset, byte in at.items():
        changed[central + offset] = byte
    for offset, byte in (local or {}).items():
        changed[offset] = byte
    return bytes(changed)


def single(name: str = "甲.xlsx", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(name, CLEAN)
    return target.getvalue()


def spoilt(data: bytes) -> bytes:
    """Give an archive of one member whose content is rubbish."""
    start, end = 30 + int.from_bytes(data[26:28], "little"), data.rindex(b"PK\x01\x02")
    return data[:start] + b"\xff" * (end - start) + data[end:]


def odd_zips(name: str) -> dict[str, bytes]:
    """Give archives of a member of this name, each damaged in its way."""
    whole = single(name)
    return {
        "version": patched(whole, {6: 99}),
        "name no UTF-8": patched(whole, {9: 8, 46: 0xFF}),
        "local name no UTF-8": patched(whole, {9: 8}, {7: 8, 30: 0xFF}),
        "rubbish": spoilt(whole),
        "LZMA rubbish": spoilt(single(name, zipfile.ZIP_LZMA)),
        "LZMA said": patched(whole, {10: 14}),
        "bzip2 said": patched(whole, {10: 12}),
        "method 99": patched(whole, {10: 99}),
        "password": patched(whole, {8: 1}, {6: 1}),
        "offset beyond the end": patched(whole, {45: 0x7F}),
    }


ODD_ZIPS = odd_zips("甲.xlsx") | {
    f"result, {what}": data for what, data in odd_zips("甲_审核结果.xlsx").items()
}


@pytest.mark.parametrize("data", ODD_ZIPS.values(), ids=ODD_ZIPS.keys())
@pytest.mark.parametrize(
    "place",
    [
        lambda data: {"坏.zip": data},
        lambda data: {"外.zip": packed({"坏.zip": data})},
        lambda data: {"信.eml": mailed({"坏.zip": data})},
        lambda data: {"坏.xlsx": data},
        lambda data: {"坏_审核结果.xlsx": data},
        lambda data: {"外.zip": packed({"坏_审核结果.xlsx": data})},
    ],
)
def test_a_damaged_archive_is_one_file_that_cannot_be_read(
    tmp_path: Path, place: Callable[[bytes], Mapping[str, bytes]], data: bytes
) -> None:
    (tmp_path / "好.xlsx").write_bytes(CLEAN)
    for name, content in place(data).items():
        (tmp_path / name).write_bytes(content)
    good, bad = sorted(sources([tmp_path]), key=lambda source: "好" not in source.name)
    assert good.read() == CLEAN
    record = work.check_one(work.CheckJob(bad, None), TERMS)
    assert record["standing"] == "unreadable"
    assert record["document"]["error"]["code"] in {"damaged", "encrypted", "not-a-workbook"}


@pytest.mark.parametrize("what", odd_zips("x"))
def test_a_workbook_with_damaged_properties_is_no_result_of_ours(what: str) -> None:
    assert not is_untouched(odd_zips("docProps/core.xml")[what])


def test_only_the_beginning_of_properties_is_looked_at() -> None:
    def grown(padding: int) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(OUR_RESULT)) as old, zipfile.ZipFile(target, "w") as new:
            for info in old.infolist():
                pad = b" " * padding if info.filename == "docProps/core.xml" else b""
                new.writestr(info, pad + old.read(info))
        return target.getvalue()

    assert is_untouched(grown(0))
    assert not is_untouched(grown(MAX_PROPERTIES))


# ---------------------------------------------------------------- results of an earlier run


def a_result(of: Source, folder: Path, *, changed: bool = False) -> bytes:
    """Give as much of a result as says what it is; somebody has changed it and left its dates."""
    mark = source_fingerprint(of, folder)
    custom = f'name="perfxl_form"><vt:lpwstr><name="{RESULT_OF}"><vt:lpwstr>{mark}<'
    parts = {
        "docProps/core.xml": f">{WRITTEN}</dcterms:modified>".encode(),
        PROPERTIES_PART: f'{custom}name="{DIGEST}"><vt:lpwstr>{UNSEALED}<'.encode(),
        "xl/worksheets/sheet1.xml": b"100",
    }
    data = sealed(packed(parts))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        there = {name: archive.read(name) for name in archive.namelist()}
    return packed({**there, "xl/worksheets/sheet1.xml": b"99"}) if changed else data


def places_of(*found: Source, folder: Path) -> list[str]:
    """Give the names that the results of one run get in a folder."""
    run = batch._Batch(batch.Order(TERMS, lambda _: folder), None, set())
    return [target.name for source in found if (target := run.job(source).target)]


def place_of(source: Source, folder: Path) -> str:
    return places_of(source, folder=folder)[0]


def test_results_of_one_name_keep_apart(tmp_path: Path) -> None:
    found = [Source(tmp_path / folder / "表.xlsx", folder) for folder in "甲乙丙"]
    for _ in range(2):
        places = places_of(*found, folder=tmp_path)
        assert places == ["表_审核结果.xlsx", "表_审核结果_2.xlsx", "表_审核结果_3.xlsx"]
        for source, place in zip(found, places, strict=True):
            (tmp_path / place).write_bytes(a_result(source, tmp_path))
    assert place_of(found[2], tmp_path) == "表_审核结果_3.xlsx"


def test_earlier_result_is_replaced_foreign_file_never(tmp_path: Path) -> None:
    first, name = Source(tmp_path / "一" / "表.xlsx", ""), "表_审核结果.xlsx"
    others = [
        Source(tmp_path / "二" / "表.xlsx", ""),
        Source(tmp_path / "一" / "表.xls", ""),
        Source(tmp_path / "一" / "表.xlsx", "", ("表.xlsx",)),
    ]
    (tmp_path / name).write_bytes(a_result(first, tmp_path))
    assert place_of(first, tmp_path) == name
    assert {place_of(other, tmp_path) for other in others} == {"表_审核结果_2.xlsx"}
    for kept in (a_result(first, tmp_path, changed=True), OUR_RESULT, b"", b"notes"):
        (tmp_path / name).write_bytes(kept)
        assert place_of(first, tmp_path) == "表_审核结果_2.xlsx"
    (tmp_path / "表_审核结果_2.xlsx").write_bytes(a_result(first, tmp_path))
    assert place_of(first, tmp_path) == "表_审核结果_2.xlsx"


def test_a_result_knows_its_return_wherever_both_are_moved(tmp_path: Path) -> None:
    before, after = tmp_path / "前", tmp_path / "后"
    (before / "结果").mkdir(parents=True)
    data = a_result(Source(before / "回收" / "表.xlsx", ""), before / "结果")
    (before / "结果" / "表_审核结果.xlsx").write_bytes(data)
    before.rename(after)
    moved = Source(after / "回收" / "表.xlsx", "")
    assert place_of(moved, after / "结果") == "表_审核结果.xlsx"


def test_results_named_beside_their_returns_are_no_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, renamed, again = (Path(f"{name}.xlsx") for name in ("甲", "意见", "甲_审核结果_2"))
    mended, alone = Path("甲_审核结果.xlsx"), Path("乙_审核结果.xlsx")
    here = Source(first, "")
    first.write_bytes(CLEAN)
    renamed.write_bytes(a_result(here, Path()))
    mended.write_bytes(a_result(here, Path(), changed=True))
    again.write_bytes(a_result(Source(mended, ""), Path()))
    alone.write_bytes(a_result(Source(Path("乙.xlsx"), ""), Path()))
    missing = Path("没有.xlsx")
    returns = [first, mended, alone, missing, tmp_path]
    assert set_apart([first, renamed, mended, again, alone, missing, tmp_path]) == (
        returns,
        [renamed, again],
    )
    assert set_apart([renamed]) == ([renamed], [])
    assert set_apart([renamed, alone]) == ([renamed, alone], [])
    assert set_apart([]) == ([], [])


def letter(header: str) -> bytes:
    """Give a mail with one attachment, its disposition as it stands."""
    return (
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=xx\n\n--xx\n"
        f"Content-Type: application/octet-stream\nContent-Disposition: attachment; {header}\n"
        "Content-Transfer-Encoding: base64\n\nUEs=\n--xx--\n"
    ).encode("utf-8", "surrogateescape")


def nested(kind: str, depth: int) -> bytes:
    """Give a mail of parts one inside the other."""
    return b"MIME-Version: 1.0\n" + b"".join(
        f"Content-Type: {kind.format(n)}\n\n".encode()
        + (f"--b{n}\n".encode() if "{}" in kind else b"")
        for n in range(depth)
    )


@pytest.mark.parametrize(
    "data",
    [
        letter("(" * 3000),
        letter("filename*=utf-7''+2AA-.xlsx"),
        nested("multipart/mixed; boundary=b{}", 1200),
        nested("message/rfc822", 1500),
    ],
    ids=["brackets", "half a character", "multiparts", "forwarded"],
)
def test_a_damaged_mail_is_one_file_that_cannot_be_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "坏.eml").write_bytes(data)
    (source,) = sources([tmp_path])
    with pytest.raises(Unreadable, match="邮件内容已损坏"):
        source.read()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('filename="a\0b.xlsx"', "a_b.xlsx"),
        ('filename="C:\\\\报送\\\\甲.xlsx"', "甲.xlsx"),
    ],
)
def test_names_of_attachments_are_cleaned(tmp_path: Path, header: str, name: str) -> None:
    (tmp_path / "信.eml").write_bytes(letter(header))
    (source,) = sources([tmp_path])
    assert (source.members, source.read()) == ((name,), b"PK")


def test_a_member_is_inspected_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "包.zip").write_bytes(packed({"甲.xlsx": b"%PDF-1.7"}))
    (source,) = sources([tmp_path])
    record = work.check_one(work.CheckJob(source, None), TERMS)
    assert "PDF" in record["document"]["error"]["message"]


def test_what_a_forwarded_mail_holds_is_found_once(tmp_path: Path) -> None:
    from email import message_from_bytes, policy

    long = "很长的附件名" * 8
    inner = letter(f'filename="{long}.xlsx"').decode().encode("gbk")  # folded anew: spoilt
    outer = EmailMessage()
    outer.set_content("转发")
    outer.add_attachment(message_from_bytes(inner, policy=policy.default))
    (tmp_path / "信.eml").write_bytes(
        outer.as_bytes(policy=policy.EmailPolicy(refold_source="none"))
    )
    (source,) = sources([tmp_path])
    assert source.members == ("转发的邮件.eml", f"{long}.xlsx")
    assert source.read() == b"PK"


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("member", "stem"),
    [
        ("CON.xlsx", "_CON"),
        ("a:b?.xlsx", "a_b_"),
        ("C:\\表\\甲.xlsx", "C__表_甲"),
        ("甲" * 100 + ".xlsx", "甲" * (LONGEST_NAME // 3)),
        ("\udcff\ud800.xlsx", "__"),
        (" .xlsx", "perfxl"),
    ],
)
def test_results_are_named_as_every_system_takes(member: str, stem: str, tmp_path: Path) -> None:
    assert Source(Path("包.zip"), "包.zip", (member,)).stem == stem
    on_disk = Source(Path(member), member).stem
    target = result_name(on_disk, tmp_path, tmp_path / "包.zip")
    assert len(os.fsencode(target.name)) <= 255
    target.name.encode()
    target.write_bytes(b"")


def test_long_and_undecodable_names_on_disk_have_a_result(tmp_path: Path) -> None:
    longest = tmp_path / ("a" * 249 + ".xlsx")
    longest.write_bytes(CLEAN)
    odd = tmp_path / os.fsdecode(b"\xff\xfe\xd5\xc5.xlsx")
    odd.write_bytes(CLEAN)
    for source in sources([tmp_path]):
        target = result_name(source.stem, tmp_path, source.path)
        assert work.check_one(work.CheckJob(source, target), TERMS)["document"]["result"]
        target.name.encode()
        assert target.exists()


def test_a_result_where_no_name_is_short_enough(tmp_path: Path) -> None:
    deep = tmp_path / ("b" * 300)
    assert result_name("甲", deep, tmp_path / "甲.xlsx") == deep / "甲_审核结果.xlsx"


# ---------------------------------------------------------------- limits


def refused(*paths: Path) -> str:
    """Give why the only source there is is not read."""
    (source,) = sources(paths)
    return why(source)


def test_members_are_counted_through_all_archives(tmp_path: Path) -> None:
    few = packed({f"{n}.xlsx": b"" for n in range(MOST_MEMBERS // 4)})
    (tmp_path / "包.zip").write_bytes(packed({f"{n}.zip": few for n in range(4)}))
    assert "超过 2000 个" in refused(tmp_path)
    (tmp_path / "包.zip").write_bytes(packed({f"{n}.zip": few for n in range(3)}))
    assert len(list(sources([tmp_path]))) == 3 * MOST_MEMBERS // 4


def test_what_is_unpacked_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = packed({"甲.xlsx": CLEAN})
    for suffix, size in ((".zip", len(inner) + len(CLEAN)), (".xlsx", len(inner))):
        (tmp_path / "包.zip").write_bytes(packed({f"{n}{suffix}": inner for n in range(2)}))
        monkeypatch.setattr(module, "MOST_UNPACKED", 2 * size)
        assert len(list(sources([tmp_path]))) == 2
        monkeypatch.setattr(module, "MOST_UNPACKED", 2 * size - 1)
        assert "展开后超过" in refused(tmp_path)


def test_too_deep_is_told(tmp_path: Path) -> None:
    data = CLEAN
    for name in ("甲.xlsx", "三.zip", "二.zip"):
        data = packed({name: data})
    (tmp_path / "一.zip").write_bytes(data)
    assert names(tmp_path, below=tmp_path) == ["一.zip/二.zip/三.zip/甲.xlsx"]
    (tmp_path / "一.zip").write_bytes(packed({"外.zip": data}))
    assert names(tmp_path, below=tmp_path) == ["一.zip/外.zip/二.zip/三.zip"]
    assert refused(tmp_path) == "压缩包套了太多层"


def test_many_attachments(tmp_path: Path) -> None:
    part = (
        b"--xx\nContent-Disposition: attachment; filename=a.xlsx\n"
        b"Content-Transfer-Encoding: base64\n\nUEs=\n"
    )
    head = b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=xx\n\n"
    (tmp_path / "信.eml").write_bytes(head + part * 300 + b"--xx--\n")
    assert [s.members[0] for s in sources([tmp_path])][::299] == ["a.xlsx", "a(300).xlsx"]
    (tmp_path / "信.eml").write_bytes(head + part * (MOST_MEMBERS + 1) + b"--xx--\n")
    assert "超过 2000 个" in refused(tmp_path)
    (tmp_path / "信.eml").write_bytes(head + b"--xx\n" * 20_000)
    assert "分段太多" in refused(tmp_path)


def test_a_mail_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "信.eml").open("wb") as file:
        file.truncate(LARGEST_MAIL + 1)
    assert refused(tmp_path) == "邮件超过 50 MB"


def test_a_member_that_is_too_large_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "包.zip").write_bytes(packed({"甲.xlsx": bytes(FILE.most + 1)}))
    assert "超过 50 MB" in refused(tmp_path)


def test_an_archive_changed_since_is_read_anew(tmp_path: Path) -> None:
    for second, content in enumerate((b"old", b"new")):
        (tmp_path / "包.zip").write_bytes(packed({"甲.xlsx": content}))
        os.utime(tmp_path / "包.zip", (second, second))
        (source,) = sources([tmp_path])
        assert source.read() == content


# ---------------------------------------------------------------- odd files and folders

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")


@pipes
@pytest.mark.parametrize("name", ["a.zip", "a.eml", "a.xlsx"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert refused(tmp_path / name) == "不是文件"


@pipes
@pytest.mark.parametrize("name", ["a.toml", "a.xlsx"])
def test_a_rubric_is_a_file(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    for path in (tmp_path / name, tmp_path):
        with pytest.raises(UsageError, match=r"评分标准文件读不了.*不是文件"):
            load_rubric(path)


def test_a_link_that_leads_to_itself(tmp_path: Path) -> None:
    loop = tmp_path / "loop.xlsx"
    try:
        loop.symlink_to(loop)
    except OSError:
        pytest.skip("no links here")
    assert refused(loop) == "链接指向的文件不存在"
    assert season_of(loop) is None
    (tmp_path / "甲_审核结果.xlsx").write_bytes(OUR_RESULT)
    assert result_name("甲", tmp_path, loop) == tmp_path / "甲_审核结果.xlsx"


@pytest.mark.parametrize("seconds", [10**12, -(10**12), 10**18])
def test_a_time_no_calendar_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    (tmp_path / "甲.xlsx").write_bytes(CLEAN)
    stat = Path.stat

    def odd(self: Path, **options: bool) -> os.stat_result:
        found = stat(self, **options)
        whole = [*found[:8], seconds, *found[9:10]]
        return os.stat_result(whole) if self.name == "甲.xlsx" else found

    monkeypatch.setattr(Path, "stat", odd)
    (source,) = sources([tmp_path])
    assert source.received == ""


def test_a_folder_closed_to_us_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("甲", "作废", ".隐藏"):
        (tmp_path / folder).mkdir()
    (tmp_path / "乙.xlsx").write_bytes(CLEAN)
    scan = os.scandir

    def closed(path: str) -> object:
        if Path(path) != tmp_path:
            raise PermissionError(13, "closed", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert names(tmp_path, below=tmp_path) == ["乙.xlsx", "甲"]
    assert refused(tmp_path / "甲") == "没有权限读取这个文件夹"


def test_a_file_whose_state_is_not_told_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "甲.xlsx").write_bytes(CLEAN)
    stat = Path.stat

    def refusing(self: Path, **options: bool) -> os.stat_result:
        if self.name == "甲.xlsx":
            raise PermissionError(13, "closed")
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", refusing)
    assert refused(tmp_path) == refused(tmp_path / "甲.xlsx") == "没有权限读取"
    assert season_of(tmp_path / "甲.xlsx") is None


# ---------------------------------------------------------------- nothing passed over in silence


def set_aside(*paths: Path) -> dict[str, str]:
    """Give what is in these paths and no return, by name, with the reason."""
    return {
        one.name.removeprefix(f"{paths[0]}/"): one.aside for one in everything(paths) if one.aside
    }


def test_what_is_no_return_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    for name in (
        "甲.xlsx", "甲.doc", "子/盖章.PDF", "Thumbs.db", "~$甲.docx", ".x/a.txt", "作废/b.txt",
        "包.zip", "甲_审核结果.xlsx",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(OUR_RESULT)
    assert set_aside(tmp_path, tmp_path / "子", tmp_path / "甲.doc") == {
        "甲.doc": NO_TABLE, "子/盖章.PDF": NO_TABLE, "Thumbs.db": KEPT, "~$甲.docx": KEPT,
        ".x": LEFT_OUT, "作废": LEFT_OUT, "甲_审核结果.xlsx": OURS,
    }  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="no pipes or links as files")
def test_pipes_and_links_to_nowhere_are_told(tmp_path: Path) -> None:
    here = tmp_path / "回收"
    here.mkdir()
    for name in ("管道", "管.xlsx", "管.zip"):
        os.mkfifo(here / name)
    for name in ("断", "断.xlsx", "也断.xlsx"):
        (here / name).symlink_to("/nowhere")
    (here / "别处").symlink_to(tmp_path, target_is_directory=True)
    with socket(AF_UNIX) as listener:
        with chdir(here):  # the whole path may be too long for one
            listener.bind("口")
        assert set_aside(here) == {
            "管道": NO_FILE, "口": NO_FILE, "断": NOWHERE, "别处": LINKED_FOLDER,
        }  # fmt: skip
    assert {one.path.name: why(one) for one in sources([here])} == {
        "管.xlsx": "不是文件", "管.zip": "不是文件",
        "断.xlsx": "链接指向的文件不存在", "也断.xlsx": "链接指向的文件不存在",
    }  # fmt: skip


def why(source: Source) -> str:
    """Give why a source is not read."""
    with pytest.raises(Unreadable) as told:
        source.read()
    return told.value.message


def test_members_that_are_no_returns_are_told(tmp_path: Path) -> None:
    inner = packed({"报告.pdf": b"%PDF", "乙.xlsx": CLEAN})
    members = {
        "甲.xlsx": CLEAN, "报告.docx": b"", "__MACOSX/._甲.xlsx": b"", "~$甲.xlsx": b"",
        "甲_审核结果.xlsx": OUR_RESULT, "里.zip": inner, "旧.rar": b"Rar!",
    }  # fmt: skip
    (tmp_path / "包.zip").write_bytes(packed(members))
    assert set_aside(tmp_path) == {
        "包.zip/报告.docx": NO_TABLE, "包.zip/__MACOSX/._甲.xlsx": KEPT, "包.zip/~$甲.xlsx": KEPT,
        "包.zip/甲_审核结果.xlsx": OURS, "包.zip/里.zip/报告.pdf": NO_TABLE,
    }  # fmt: skip
    found = names(tmp_path, below=tmp_path)
    assert found == ["包.zip/旧.rar", "包.zip/甲.xlsx", "包.zip/里.zip/乙.xlsx"]


@pytest.mark.parametrize("name", ["", "子/.xlsx", "..", "甲.xlsx ", "甲.xlsx.", "甲.xlsx/", "甲"])
def test_a_member_with_an_odd_name_is_read_for_its_content(tmp_path: Path, name: str) -> None:
    (tmp_path / "包.zip").write_bytes(packed({name: CLEAN, "说明": b"text"}))
    (source,) = sources([tmp_path])
    assert source.read() == CLEAN
    assert not source.name.endswith("包.zip/")
    assert set_aside(tmp_path) == {"包.zip/说明": NO_TABLE}


def test_attachments_without_a_name_and_pictures_of_a_signature(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail.set_content("见附件")
    mail.add_attachment(CLEAN, maintype="application", subtype="octet-stream")
    mail.add_attachment(b"GIF8", maintype="image", subtype="gif", filename="扫描.gif")
    mail.add_attachment(
        b"GIF8", maintype="image", subtype="gif", filename="image001.gif",
        disposition="inline", cid="<logo@x>",
    )  # fmt: skip
    (tmp_path / "信.eml").write_bytes(bytes(mail))
    (source,) = sources([tmp_path])
    assert source.read() == CLEAN
    assert set_aside(tmp_path) == {"信.eml/扫描.gif": NO_TABLE}
