"""What is looked into for returns: folders, archives, mails; and what is passed over."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import build
import pytest

from perfxl.reading.intake import Unreadable
from perfxl.season.sources import MOST_MEMBERS, Source, sources
from perfxl.versions import moment

CLEAN = (build.HERE / "clean" / "filled.xlsx").read_bytes()
OURS = CLEAN  # as perfxl writes: nobody has saved it since


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
    (tmp_path / "乙_审核结果.xlsx").write_bytes(OURS)
    (tmp_path / "丁_审核结果.xlsx").write_bytes(b"not as we wrote it")
    found = names(tmp_path, below=tmp_path)
    assert found == ["丁_审核结果.xlsx", "乙.xlsx", "子/深/丙.et", "子/甲.XLSX"]


def test_a_file_named_twice_is_one_source(tmp_path: Path) -> None:
    (tmp_path / "甲.xlsx").write_bytes(CLEAN)
    assert names(tmp_path / "甲.xlsx", tmp_path, tmp_path / "." / "甲.xlsx", below=tmp_path) == [
        "甲.xlsx"
    ]


def test_archives_and_mails_one_inside_the_other(tmp_path: Path) -> None:
    inner = packed({"甲.xlsx": CLEAN, "报告.docx": b"", "乙_审核结果.xlsx": OURS})
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
)
def test_what_cannot_be_looked_into_says_why(
    tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (source,) = sources([tmp_path])
    with pytest.raises(Unreadable, match=told):
        source.read()


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
