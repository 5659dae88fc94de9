"""What a YAML scalar means to kubectl: the rules of go-yaml v2 as `sigs.k8s.io/yaml` uses it.

They are neither PyYAML's nor YAML 1.2's: `12:30` and dates are strings, `1e3` is 1000, `y` and `on` are true, `0644` is
420. Source: `resolve.go` of go.yaml.in/yaml/v2 and `yaml.go` of sigs.k8s.io/yaml.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from decimal import Decimal

__all__ = ["Scalar", "ScalarError", "key_text", "resolve"]

Scalar = str | int | float | bool | None

_PREFIX = "tag:yaml.org,2002:"
_STR, _BOOL, _INT, _FLOAT, _NULL, _TIME = (
    _PREFIX + name for name in ("str", "bool", "int", "float", "null", "timestamp")
)
_BINARY = _PREFIX + "binary"
_RESOLVABLE = {None, "", _STR, _BOOL, _INT, _FLOAT, _NULL, _TIME}

_WORDS: dict[str, tuple[str, Scalar]] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], (_BOOL, True)),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], (_BOOL, False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (_NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (_FLOAT, math.nan)),
    **{sign + word: (_FLOAT, math.inf) for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (_FLOAT, -math.inf)),
}
_FLOAT_FORM = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*([eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_INT_FORM = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_CLOCK = r"[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:[.,][0-9]+)?"
_TIMESTAMP = re.compile(rf"{_DATE}(?:[Tt]{_CLOCK}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_CLOCK})?")


class ScalarError(ValueError):
    """The text cannot be what its tag says, or JSON has no such value."""


def resolve(text: str, *, tag: str | None = None, plain: bool = True) -> Scalar:
    """The JSON value of a scalar.

    `tag` is the long form of its explicit tag, `plain` says that it stands without quotes and is no block scalar.
    Raises ScalarError where kubectl refuses the value.
    """
    if not tag and not plain:
        return text
    if tag == _BINARY:
        return _binary(text)
    if tag not in _RESOLVABLE or tag == _STR:
        return text
    found, value = _untagged(text, time_allowed=tag in (None, "", _TIME))
    if tag == _FLOAT and found == _INT:
        found = _FLOAT
    if tag and found != tag:
        raise ScalarError(f"`{text}` is not a value of type {tag.removeprefix(_PREFIX)}")
    return _as_json(value)


def _untagged(text: str, *, time_allowed: bool) -> tuple[str, Scalar]:
    first = text[:1]
    if text in _WORDS:
        return _WORDS[text]
    if first == ".":
        return _dot_float(text)
    if first in "+-0123456789":
        return _number(text, time_allowed=time_allowed)
    return _STR, text


def _dot_float(text: str) -> tuple[str, Scalar]:
    if _DOT_FLOAT.fullmatch(text) and not math.isinf(value := float(text)):
        return _FLOAT, value
    return _STR, text


def _number(text: str, *, time_allowed: bool) -> tuple[str, Scalar]:
    if time_allowed and _TIMESTAMP.fullmatch(text):
        return _TIME, text
    plain = text.replace("_", "")
    if match := _INT_FORM.fullmatch(plain):
        value = _integer(match)
        if -(2**63) <= value < (2**64 if match[1] == "" else 2**63):
            return _INT, value
    if _FLOAT_FORM.fullmatch(plain) and not math.isinf(number := float(plain)):
        return _FLOAT, number
    return _STR, text


def _integer(match: re.Match[str]) -> int:
    sign, hexadecimal, binary, octal, decimal = match.groups()
    digits, base = next((d, b) for d, b in ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10)) if d is not None)
    if base == 10 and len(digits) > 25:
        return 2**70
    return -int(digits, base) if sign == "-" else int(digits, base)


def _binary(text: str) -> str:
    try:
        return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode("utf-8", errors="replace")
    except binascii.Error as error:
        raise ScalarError("a `!!binary` value must be base64") from error


def _as_json(value: Scalar) -> Scalar:
    """Go writes 1000.0 as 1000 and fills the digits a float does not have with zeros; infinities have no JSON."""
    if not isinstance(value, float):
        return value
    if math.isinf(value) or math.isnan(value):
        raise ScalarError("JSON, which Kubernetes speaks, has no infinity and no NaN")
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < 1e21 else value


def key_text(text: str, *, tag: str | None = None, plain: bool = True) -> str:
    """The string a mapping key becomes in JSON: `8080` → "8080", `on` → "true", `1.50` → "1.5"."""
    if tag == _FLOAT or (not tag and plain):
        found, value = _untagged(text, time_allowed=True)
        if isinstance(value, float) or (tag == _FLOAT and found == _INT and isinstance(value, int)):
            return _short_float(float(value))
    value = resolve(text, tag=tag, plain=plain)
    if value is None or (isinstance(value, int) and value >= 2**63):
        raise ScalarError("a key must be text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _short_float(value: float) -> str:
    """Go's shortest `%g` of a float32."""
    if math.isnan(value):
        return ".nan"
    try:
        single: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    mantissa, _, power = next(
        text
        for digits in range(9)
        if struct.unpack("f", struct.pack("f", float(text := f"{single:.{digits}e}")))[0] == single
    ).partition("e")
    exponent, count = int(power), len(mantissa.replace(".", "").replace("-", ""))
    if exponent < -4 or exponent >= 6:
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return f"{single:.{max(count - 1 - exponent, 0)}f}"
