"""Which texts stand in this CSV? Its encoding, separator and line ends are found out, and proven over the whole file.

A record is what RFC 4180 says: quotes enclose whole cells, and a quote within one is written twice. What is written
otherwise has two readings, and is refused with its line. So is a text of an encoding that is neither UTF-8 nor, by what
it says, GB18030.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings.reading.sheets import (
    HEADER_WITHIN,
    LONG_CELL,
    MIB,
    Known,
    Limits,
    Raw,
    Reading,
    header_at,
    header_key,
    known_cells,
    no_header,
    too_large,
)

_SEPARATORS = ",\t;"
_MAX_COLUMNS = 16_384  # as in a spreadsheet
_LF, _CR, _QUOTE, _BACKSLASH, _EQUALS = b'\n\r"\\='
_END = {_LF: "换行（LF）", _CR: "回车（CR）"}
_NO_END = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")  # ends a line nowhere but in some programs
_RIGHT = "请另存为 UTF-8 编码的 CSV 后提交"
_BINARY = f"文件含有二进制内容，不是 CSV 文本，或编码是没有标记的 UTF-16；{_RIGHT}。"
_QUOTED = "内容里的一个引号应写成两个，整个单元格放在引号里"
_TWO_HAN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2}")  # of UTF-8
_ENOUGH = 10_000  # characters
# Beside those of the headers: what is frequent in names of places, companies and buildings, and in any text.
_FAMILIAR = frozenset(
    "一二三四五六七八九十百千万亿零〇两第号楼层栋座期区东西南北中上下前后左右内外大小新老高低甲乙丙丁"
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川蜀贵黔云滇藏陕秦甘陇青宁疆港澳台"
    "北京天津河北山西内蒙古辽宁吉林黑龙江上海江苏浙江安徽福建江西山东河南湖北湖南广东广西海南重庆四川贵州云南西藏"
    "陕西甘肃青海宁夏新疆深圳广州杭州南京苏州成都武汉郑州济南青岛大连沈阳长春哈尔滨合肥厦门南昌太原石家庄呼和浩特"
    "乌兰察布张家口怀来芜湖韶关庆阳中卫贵安银川兰州西宁昆明拉萨乌鲁木齐海口三亚珠海佛山东莞无锡常州宁波温州嘉兴"
    "省市县区州盟旗乡镇村街道路大桥港湾城园场站院校厂所部局处科室组办公司集团分公企业机构中心国家联合移动电信联通"
    "铁塔广播视网络通信基础数据服务器云计算智能算力枢纽互联物信息技术科学研究工程建设运营管理维护能源电力热气水煤油"
    "柴汽天然液化石绿色低碳节约减排放光伏风储锂氢余冷却空调设备备用房屋机柜架线缆管杆塔核心汇聚接入办其他自用转供受"
    "年月日时分秒度量数值额率比例总合计平均最多少增加减同上本去今明季半全整单位个件项套台只条份次人家户"
    "的是不了在有和与及或为以之于对从到由按等其此该这那各每无没未已完成进行开始投产建改造升级实施推计划目标"
    "说明注备填报表格名称编码类别型式级状态方法标准质产品业务生活农工商教育医疗交金融政府社会居民环保护安全"
    "系统平台应软硬件用案例场景示范试点典优秀先发展高效清洁循环再利回收资源综可持续创化字孪"
    "、。，；：？！“”‘’（）《》〈〉【】〔〕「」『』—…·～￥×÷±≥≤≠℃㎡㎥°²³①②③④⑤⑥⑦⑧⑨⑩ⅠⅡⅢⅣⅤⅥ\u3000"
) | {chr(code) for code in range(0xFF01, 0xFF5F)}


def read_csv(path: Path, limits: Limits, known: Known, reading: Reading, file: str) -> Iterator[Raw]:
    try:
        frame = _read(path, limits, known, file)
    except (DataError, pl.exceptions.ComputeError):  # the latter where it is no UTF-8
        with tempfile.TemporaryDirectory() as spare:
            text = _as_utf8(path, Path(spare, "utf8.csv"), known)
            if text == path:
                raise
            frame = _read(text, limits, known, file)
    yield Raw("", frame)


def _read(path: Path, limits: Limits, known: Known, file: str) -> pl.DataFrame:
    """All records of a file of UTF-8, each cell as text. Raises DataError; ComputeError where a cell is no UTF-8."""
    with path.open("rb") as stream:
        head = stream.read(MIB)
    separator, header = _header(head.decode("utf-8", "ignore").removeprefix("\ufeff"), known, file)
    first_end = re.match(rb'(?:[^"\r\n]++|"[^"]*+(?:"|$))*+(\r*\n|\r)', head)  # of a record; all must end so
    end = _CR if first_end and first_end[1] == b"\r" else _LF
    cells, has_quotes = _cells_of_records(path, ord(separator), end, len(header))
    width = int(cells.max())
    if width * len(cells) > limits.cells:
        raise too_large(f"文件约有 {len(cells):,} 行、最宽处 {width:,} 列", f"{limits.cells:,} 格")
    frame = pl.read_csv(
        path,
        has_header=False,
        schema={f"c{index}": pl.String() for index in range(width)},
        missing_columns="insert",
        separator=separator,
        eol_char=chr(end),
        glob=False,
    )
    if has_quotes:  # "" is an empty cell too
        frame = frame.with_columns(pl.all().replace("", None))
    if frame.height != len(cells):
        raise DataError("csv.records", f"文件的行不能分清（{len(cells):,} 行或 {frame.height:,} 行）；{_RIGHT}。")
    row = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
    return _ragged(frame.insert_column(0, row.alias("source_row")), header, cells, separator)


# --- encodings ---------------------------------------------------------------------------------------------


def _as_utf8(path: Path, spare: Path, known: Collection[str]) -> Path:
    """The file itself or a transcoded copy, in bounded memory. Raises DataError where its encoding is not certain."""
    with path.open("rb") as stream:
        start = stream.read(3)
    utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding, copy = ("utf-16", spare) if utf16 else ("utf-8", None)
    if (bad := _transcode(path, encoding, copy)) is None:
        return copy or path
    place = _place(path, bad)
    if utf16 or start == codecs.BOM_UTF8:
        raise DataError("csv.encoding", f"文件的开头标明编码是 {encoding.upper()}，{place}却不是；{_RIGHT}。")
    if (worse := _transcode(path, "gb18030", spare)) is not None:
        other = _place(path, worse)
        raise DataError("csv.encoding", f"文件的编码不明：{place}不是 UTF-8，{other}不是 GB18030；{_RIGHT}。")
    if doubt := _doubt(path, spare, known):
        raise DataError("csv.encoding", f"文件的编码不明：{place}不是 UTF-8，{doubt}；{_RIGHT}。")
    return spare


def _transcode(path: Path, encoding: str, copy: Path | None) -> int | None:
    """Writes a file as UTF-8, if asked to; the place of the first byte that is not of the encoding, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream, copy.open("wb") if copy else io.BytesIO() as target:
        chunk = b"to begin with"
        while chunk:
            chunk = stream.read(MIB)
            try:
                text = "\0" if encoding != "utf-16" and b"\0" in chunk else decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return stream.tell() - len(error.object) + error.start
            if "\0" in text:
                raise DataError("csv.binary", _BINARY)
            if copy:
                target.write(text.encode())
    return None


def _place(path: Path, at: int) -> str:
    """`第 3 行第 12 字节起`."""
    line, start, left, last = 1, 0, at, b""
    with path.open("rb") as stream:
        while left and (chunk := stream.read(min(MIB, left))):
            line += chunk.count(b"\n") + chunk.count(b"\r") - (last + chunk).count(b"\r\n")
            if (end := max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))) >= 0:
                start = at - left + end + 1
            left, last = left - len(chunk), chunk[-1:]
    return f"第 {line} 行第 {at - start + 1} 字节起"


def _doubt(path: Path, copy: Path, known: Collection[str]) -> str | None:
    """Why a file that can be decoded as GB18030, to `copy`, may be something else: nearly all bytes are some GB18030.

    None where a header of ours stands there in Chinese, or else three of four characters beyond ASCII are common in
    filings; and where nothing speaks against it: a character of private use, a line of UTF-8.
    """
    headers, common, odd, first = False, 0, 0, ""
    familiar = _FAMILIAR.union(*known)
    with copy.open(encoding="utf-8", newline="") as stream:
        while text := stream.read(MIB):
            if private := re.search("[\ue000-\uf8ff\U000f0000-\U0010ffff]", text):
                return f"按 GB18030 读出的文字里有不通用的字符 U+{ord(private[0]):X}"
            if headers or common + odd > _ENOUGH:
                continue
            keys = {header_key(cell) for cell in set(re.split('[,;\t"\r\n]', text))}
            headers = any(len(key) > 1 and not key.isascii() and key in known for key in keys)
            strange = re.findall(r"[^\x00-\x7f]+", text)
            first = first or "".join(strange[:1])[:8]
            common += sum(one in familiar for one in "".join(strange))
            odd += sum(one not in familiar for one in "".join(strange))
    if not headers and odd * 3 > common:
        return f"按 GB18030 读出的又不像中文（如“{shown(first)}”）"
    with path.open("rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(MIB), b""), 1):  # as of files that were joined
            if han := _TWO_HAN.search(line):
                with suppress(UnicodeError):
                    line.decode()
                    return f"第 {number} 行（如“{han[0].decode()}”）却是"
    return None


# --- records -----------------------------------------------------------------------------------------------


def _header(head: str, known: Known, file: str) -> tuple[str, list[str]]:
    """The separator with which most known headers are found in a row, and that row. Raises DataError."""
    if not head.strip():
        raise DataError("file.empty", "文件里没有内容；请填写后提交。")
    best, separator, header = 1, ",", list[str]()
    for one in _SEPARATORS:
        records = csv.reader(io.StringIO(head, newline=""), delimiter=one)
        rows = list[list[str]]()
        with suppress(csv.Error):
            rows.extend(itertools.islice((row for row in records if any(map(str.strip, row))), HEADER_WITHIN))
        at = header_at(rows, known)
        if at is not None and (score := known_cells(rows[at], known)) > best:
            best, separator, header = score, one, rows[at]
    if not header:
        problem = no_header(file, None, known)
        raise DataError(problem.id, problem.message)
    if other := _NO_END.search("".join(header)):
        what = f"文件的行以字符 U+{ord(other[0]):04X} 结束，不能分清"
        raise DataError("csv.ends", f"{what}；应以换行（LF 或 CRLF）结束，{_RIGHT}。")
    return separator, header


def _cells_of_records(path: Path, separator: int, end: int, width: int) -> tuple[npt.NDArray[np.uint16], bool]:
    """How many cells each record has, and whether there are quotes; a whole row has `width` cells. Raises DataError at the first place that has two
    readings, or none."""
    between = np.isin(np.arange(256), [separator, _LF, _CR, _QUOTE])  # a quote that begins or ends a cell stands there
    counts, cells, of_line, line = list[npt.NDArray[np.uint16]](), 0, 0, 1  # of the record, of the line
    quoted, line_of_quote, whole, tail = False, 0, False, bytes([end] * 3)
    with path.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        while chunk := stream.read(MIB):
            if b"\0" in chunk:
                raise DataError("csv.binary", _BINARY)
            now = np.frombuffer(chunk, np.uint8)
            marks = np.flatnonzero((now == end) | (now == separator))
            ends = now[marks] == end
            if len(chunk) == MIB and not len(marks):
                raise DataError("file.too_large", f"文件{LONG_CELL}")
            outside, padded = np.ones(len(chunk), np.bool_), np.frombuffer(tail + chunk, np.uint8)
            before = padded[2:-1]
            if quoted or b'"' in chunk or tail[-1] == _QUOTE:
                quotes = now == _QUOTE
                inside = np.logical_xor.accumulate(
                    np.concatenate([[quoted], quotes])
                )  # before each character, and last
                outside, quoted = ~inside[:-1], bool(inside[-1])
                opens, closes = quotes & outside & ~between[before], (before == _QUOTE) & outside & ~between[now]
                escapes = (
                    ~outside
                    & ~quotes
                    & between[now]
                    & (before == _QUOTE)
                    & (padded[1:-2] == _QUOTE)
                    & (padded[:-3] == _BACKSLASH)
                )
                _refuse(
                    opens & (before == _EQUALS), chunk, line, end, '="…" 是电子表格的公式，不是文本；应只写引号里的内容'
                )
                _refuse(opens | closes, chunk, line, end, f"双引号的位置不对，不能分清单元格；{_QUOTED}")
                _refuse(escapes, chunk, line, end, f"双引号前有反斜杠，有两种读法；{_QUOTED}，前面不加反斜杠")
                of_lines, of_line = _between(ends, of_line)
                rows = (of_lines == width - 1) & ~outside[
                    marks[ends]
                ]  # whose end may be one, and the quotes characters
                joined = (of_lines == width - 1) & np.concatenate([[whole], rows])[:-1]
                what = f"双引号把两行并成了一行，有两种读法；{_QUOTED}"
                _refuse(np.isin(np.arange(len(chunk)), marks[ends][joined]), chunk, line, end, what)
                whole = bool(rows[-1]) if len(rows) else whole
                if quotes.any():
                    line_of_quote = line + int(np.searchsorted(marks[ends], quotes.nonzero()[0][-1]))
                of_records, cells = _between(ends[outside[marks]], cells)
            else:
                of_records, cells = _between(ends, cells)
                of_line, whole = (cells if len(of_records) else of_line + len(marks)), False
            if b"\r" in chunk or tail[-1] == _CR:
                other = now == _LF if end == _CR else (before == _CR) & (now != _LF) & (now != _CR)
                what = f"第 1 行以{_END[end]}结束，这里另有单独的{_END[_LF if end == _CR else _CR]}，不能分清行；请统一换行"
                _refuse(other & outside, chunk, line, end, what)
            if (most := max(cells, of_records.max(initial=0)) + 1) > _MAX_COLUMNS:
                raise too_large(f"文件有一行超过 {most:,} 列", f"{_MAX_COLUMNS:,} 列")
            counts.append((of_records + 1).astype(np.uint16))
            line, tail = line + int(np.count_nonzero(ends)), (tail + chunk)[-3:]
    if quoted:
        raise DataError("csv.quotes", f"文件第 {line_of_quote} 行的双引号没有成对；{_QUOTED}，请改正后提交。")
    if tail[-1] != end:
        counts.append(np.array([cells + 1], np.uint16))
    return np.concatenate(counts), line_of_quote > 0


def _between(ends: npt.NDArray[np.bool_], carried: int) -> tuple[npt.NDArray[np.intp], int]:
    """Of marks, each of which is an end or else a separator: how many separators stand before each end, after the end
    before it; and how many after the last. `carried`: those of earlier chunks."""
    at = np.flatnonzero(ends)
    if not len(at):
        return at, carried + len(ends)
    found = np.diff(at, prepend=-1) - 1
    found[0] += carried
    return found, len(ends) - int(at[-1]) - 1


def _refuse(wrong: npt.NDArray[np.bool_], chunk: bytes, line: int, end: int, why: str) -> None:
    """Raises DataError with the line and what stands there, where anything is wrong."""
    if not wrong.any():
        return
    at = int(wrong.argmax())
    start = max(at - 18, chunk.rfind(end, 0, at) + 1)
    text = shown(chunk[start : at + 18].splitlines()[0].decode("utf-8", "ignore").strip())
    raise DataError("csv.quotes", f"文件第 {line + chunk[:at].count(end)} 行（{text}）：{why}，请改正后提交。")


def _ragged(frame: pl.DataFrame, header: list[str], cells: npt.NDArray[np.uint16], separator: str) -> pl.DataFrame:
    """`frame` with the cells beyond the header's in `_extra`, and `_ragged` (`少`, `多`) where there are fewer or more."""
    names, width = frame.columns[1:], max(at for at, cell in enumerate(header, 1) if cell.strip())
    own, further = names[:width], names[width:]
    short = pl.Series(cells < width)
    if not short.any() and all(frame[name].null_count() == frame.height for name in further):
        return frame.drop(further)
    joined = (
        pl.concat_str([pl.col(name).fill_null("") for name in further], separator=separator) if further else pl.lit("")
    )
    extra = joined.str.strip_chars_end(separator).replace("", None)
    ragged = pl.when(extra.is_not_null()).then(pl.lit("多")).when(pl.lit(short)).then(pl.lit("少"))
    return frame.select("source_row", *own, ragged.alias("_ragged"), extra.alias("_extra"))
