"""Is this SQL expression one that an indicator may hold? Text becomes a polars expression, or a sentence says why not.

polars' SQL is wider than a declaration may be, and forgiving where that is dangerous: a coded column compared with a
word that is none of its codes is false without an error, `1.5` is a decimal number of seven digits, and aliases,
windows and sums are accepted. Therefore the tree of the parsed expression is walked, and what is not listed here is
refused. A quotient of columns is refused too: summed over rows it would become a mean of ratios.
"""

from __future__ import annotations

import difflib
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

Node = Any  # a part of the tree as polars writes it: {"BinaryExpr": {"left": ..., "op": ..., "right": ...}}

_COMPARISONS = {"Eq", "NotEq", "Lt", "LtEq", "Gt", "GtEq"}
_OPERATORS = _COMPARISONS | {"And", "Or", "Plus", "Minus"}
_NUMBERS = (pl.Float64, pl.Int64)
_REFUSED = {
    "Alias": "不能用 AS 另起列名",
    "Over": "不能用窗口函数（OVER）",
    "Agg": "不能用汇总函数，分子和分母本来就按行求和",
    "Len": "不能用汇总函数，计数的指标请写 kind: count",
    "SubPlan": "不能用子查询",
}


class Refused(ValueError):
    """The expression cannot stand; the text says what was found and what would be right, in Chinese."""


def parse(text: str, columns: Mapping[str, pl.DataType], boolean: bool = False) -> pl.Expr:
    """The expression that `text` means over `columns`: true or false (`boolean`), else a number as Float64 (of a
    condition, 1 where it holds). Raises Refused."""
    try:
        expression = pl.sql_expr(text)
        tree = json.loads(expression.meta.serialize(format="json"))
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise Refused(f"“{text}”不是可用的 SQL 表达式（{str(error).splitlines()[0]}）") from None
    _check(tree, columns)
    try:
        dtype = pl.LazyFrame(schema=dict(columns)).select(found=expression).collect_schema()["found"]
    except pl.exceptions.PolarsError as error:
        raise Refused(f"“{text}”各部分的类型合不到一起（{str(error).splitlines()[0]}）") from None
    if boolean and dtype != pl.Boolean:
        raise Refused(f"“{text}”的结果是 {dtype}，应为条件，如 standard_racks >= 3000")
    if not boolean and not (dtype == pl.Boolean or dtype.is_integer() or dtype.is_float()):
        raise Refused(f"“{text}”的结果是 {dtype}，应为数或条件；小数请写 CAST(1.5 AS DOUBLE)")
    return expression if boolean else expression.cast(pl.Float64)


def is_whole(text: str, columns: Mapping[str, pl.DataType]) -> bool:
    """Whether an expression that `parse` accepts is a condition or whole numbers only."""
    dtype = pl.LazyFrame(schema=dict(columns)).select(found=pl.sql_expr(text)).collect_schema()["found"]
    return dtype == pl.Boolean or dtype.is_integer()


def _check(node: Node, columns: Mapping[str, pl.DataType]) -> None:
    """Raises Refused at the first part of the tree that may not be there."""
    kind, body = _named(node)
    if kind == "Column":
        if body not in columns:
            raise Refused(unknown("列", body, columns))
    elif kind == "Literal":
        _literal(body)
    elif kind == "BinaryExpr":
        sides = (body["left"], body["right"])
        if body["op"] not in _OPERATORS:
            raise Refused(f"运算 {body['op']} 不在可用之列（比较、AND、OR、NOT、IN、加、减、乘、除以常数）")
        if body["op"] in _COMPARISONS:
            sides = tuple(_compared(*sides, body["op"], columns))
        for side in sides:
            _check(side, columns)
    elif kind == "Ternary":
        for part in ("predicate", "truthy", "falsy"):
            if part == "predicate" or not _is_null(body[part]):
                _check(body[part], columns)
    elif kind == "Cast":
        _cast(body, columns)
    elif kind == "Function":
        _function(body, columns)
    else:
        raise Refused(_REFUSED.get(kind, f"不能用 {kind}"))


def _named(node: Node) -> tuple[str, Any]:
    return next(iter(node.items())) if isinstance(node, dict) else (str(node), None)


def _literal(body: Node) -> None:
    kind, value = _named(body)
    if kind == "Dyn":
        return
    inner = next(iter(value)) if kind == "Scalar" else kind
    if inner == "Decimal":
        raise Refused("小数会变成七位的定点数，请写 CAST(1.5 AS DOUBLE)")
    if inner == "String":
        raise Refused(f"文字“{value['String']}”只能与代码列直接比较（=、<>、IN）")
    if inner != "Boolean":
        raise Refused("不能与 NULL 比较，请写 IS NULL 或 IS NOT NULL" if inner == "Null" else f"不能用 {inner} 常数")


def _is_null(node: Node) -> bool:
    return bool(node == {"Literal": {"Scalar": {"Null": "Null"}}})


def _compared(left: Node, right: Node, op: str, columns: Mapping[str, pl.DataType]) -> Iterator[Node]:
    """What is left to check of a comparison once words have been compared with the codes of their column."""
    for one, other in ((left, right), (right, left)):
        word = _word(other)
        if word is None:
            continue
        if op not in ("Eq", "NotEq"):
            raise Refused(f"文字“{word}”只能用 =、<>、IN 比较")
        _codes(one, [word], columns)
        return
    dtypes = [columns.get(_named(side)[1]) for side in (left, right) if _named(side)[0] == "Column"]
    if any(isinstance(dtype, pl.Enum) for dtype in dtypes):
        raise Refused("代码列只能与文字比较，如 kind = 'core'")
    yield from (left, right)


def _word(node: Node) -> str | None:
    kind, body = _named(node)
    if kind != "Literal" or _named(body)[0] != "Scalar":
        return None
    scalar = body["Scalar"]
    return scalar["String"] if isinstance(scalar, dict) and "String" in scalar else None


def _codes(column: Node, words: list[str], columns: Mapping[str, pl.DataType]) -> None:
    kind, name = _named(column)
    if kind != "Column":
        raise Refused(f"文字“{words[0]}”只能与代码列直接比较（=、<>、IN）")
    _check(column, columns)
    dtype = columns[name]
    if isinstance(dtype, pl.Enum):
        for word in words:
            if word not in dtype.categories:
                raise Refused(unknown(f"代码（列 {name}）", word, list(dtype.categories)))
    elif dtype != pl.String:
        raise Refused(f"列 {name} 是 {dtype}，不能与文字“{words[0]}”比较")


def _cast(body: Node, columns: Mapping[str, pl.DataType]) -> None:
    """Decimals to Float64, and what polars puts around NOT."""
    to = body["dtype"].get("Literal") if isinstance(body["dtype"], dict) else None
    inner, value = _named(body["expr"])
    if not (to == "Float64" and inner == "Literal" and "Decimal" in str(value)):
        _check(body["expr"], columns)
    if to not in ("Float64", "Boolean"):
        raise Refused(f"只能用 CAST(… AS DOUBLE)，不能转换为 {to}")


def _function(body: Node, columns: Mapping[str, pl.DataType]) -> None:
    function, arguments = body["function"], body["input"]
    kind, detail = _named(function)
    name = _named(detail)[0] if detail is not None else ""
    if kind == "Sql" and name == "IsIn":
        _is_in(arguments[0], arguments[1:], columns)
    elif kind == "Sql" and name == "Binary" and detail["Binary"] == "Div" and _named(arguments[1])[0] != "Literal":
        raise Refused("除数只能是常数：两列相除再求和是比率的平均，不是总量之比；请分别写 numerator 和 denominator")
    elif (
        (kind == "Sql" and name == "Binary" and detail["Binary"] != "Rem")
        or (kind == "Boolean" and detail in ("Not", "IsNull", "IsNotNull"))
        or kind in ("Coalesce", "MinHorizontal", "MaxHorizontal")
    ):
        for argument in arguments:
            _check(argument, columns)
    else:
        raise Refused(f"不能用函数 {name or kind}")


def _is_in(column: Node, options: list[Node], columns: Mapping[str, pl.DataType]) -> None:
    """`IN (…)`: polars keeps the list as a series, of which only polars can read the bytes."""
    values: list[Any] = []
    for option in options:
        found = pl.select(pl.Expr.deserialize(io.BytesIO(json.dumps(option).encode()), format="json")).to_series()
        values += found.explode().to_list() if isinstance(found.dtype, pl.List) else found.to_list()
    words = [value for value in values if isinstance(value, str)]
    if words:
        _codes(column, words, columns)
        return
    if any(isinstance(value, bool) or not isinstance(value, int) for value in values):
        raise Refused("IN 的列表只能是代码或整数")
    kind, name = _named(column)
    if kind != "Column" or columns.get(name) not in _NUMBERS:
        raise Refused("IN 的左边只能是一个列")


def unknown(what: str, name: str, known: Mapping[str, Any] | list[str]) -> str:
    """`没有名为“core1”的代码（列 kind），最接近的是 core；可用的有 …`."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    hint = f"，最接近的是 {near[0]}" if near else ""
    return f"没有名为“{name}”的{what}{hint}；可用的有 {'、'.join(known)}"
