"""Colors as Grafana names them, and what can be read on them. Pure."""

import re
from collections.abc import Sequence

CLASSIC = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#8E8E8E")
"""In place of Grafana's classic palette: those of ours, in the order in which they are told apart best."""

_NAMED = {
    "green": "#73BF69",
    "dark-green": "#37872D",
    "semi-dark-green": "#56A64B",
    "light-green": "#96D98D",
    "super-light-green": "#C8F2C2",
    "yellow": "#FADE2A",
    "dark-yellow": "#E0B400",
    "orange": "#FF9830",
    "dark-orange": "#FA6400",
    "red": "#F2495C",
    "dark-red": "#C4162A",
    "semi-dark-red": "#E02F44",
    "blue": "#5794F2",
    "dark-blue": "#1F60C4",
    "semi-dark-blue": "#3274D9",
    "purple": "#B877D9",
    "dark-purple": "#8F3BB8",
    "gray": "#808080",
    "grey": "#808080",
    "black": "#000000",
    "white": "#FFFFFF",
}

_THEMED = {"text": "var(--text)", "transparent": "transparent", "panel-bg": "var(--panel)"}
"""What is another color in the dark."""

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_RGB = re.compile(r"rgba?\((\d+),\s*(\d+),\s*(\d+)(?:,\s*([\d.]+))?\)")


class UnknownColor(ValueError):
    """A color that neither Grafana's palette nor CSS has."""


def css(color: str) -> str:
    """Return what a browser understands.

    Raises:
        UnknownColor: it is none.
    """
    if _HEX.fullmatch(color) or _RGB.fullmatch(color):
        return color
    found = _THEMED.get(color) or _NAMED.get(color)
    if found is None:
        raise UnknownColor(f"{color} is no color that the preview knows")
    return found


def is_known(color: str) -> bool:
    """Tell whether `css` understands a color."""
    return bool(_HEX.fullmatch(color) or _RGB.fullmatch(color)) or color in _THEMED or color in _NAMED


def parts(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255; a themed color is a middle gray."""
    text = css(color)
    if found := _RGB.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if not text.startswith("#"):
        return 128, 128, 128
    digits = text[1:] if len(text) > 4 else "".join(one * 2 for one in text[1:])  # noqa: PLR2004 - #abc
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def faded(color: str, opacity: float) -> str:
    """Return a color that lets the ground through; `opacity` from 0 to 1."""
    red, green, blue = parts(color)
    return f"rgba({red},{green},{blue},{opacity:g})"


def ink_on(color: str) -> str:
    """Return black or white: what is read best on a color."""
    bright = luminance(color)
    return "#000000" if (bright + 0.05) / 0.05 >= 1.05 / (bright + 0.05) else "#FFFFFF"


def luminance(color: str) -> float:
    """Return how bright a color is, as WCAG defines it."""
    red, green, blue = (_linear(part / 255) for part in parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB's


def between(scale: Sequence[str], share: float) -> str:
    """Return the color at a share, 0 to 1, of a scale of colors."""
    at = min(max(share, 0.0), 1.0) * (len(scale) - 1)
    low = min(int(at), len(scale) - 2)
    first, second = parts(scale[low]), parts(scale[low + 1])
    red, green, blue = (round(one + (two - one) * (at - low)) for one, two in zip(first, second, strict=True))
    return f"#{red:02X}{green:02X}{blue:02X}"


CONTINUOUS = {
    "continuous-GrYlRd": ("#73BF69", "#FADE2A", "#F2495C"),
    "continuous-RdYlGr": ("#F2495C", "#FADE2A", "#73BF69"),
    "continuous-BlYlRd": ("#5794F2", "#FADE2A", "#F2495C"),
    "continuous-YlRd": ("#FADE2A", "#F2495C"),
    "continuous-BlPu": ("#5794F2", "#B877D9"),
    "continuous-YlBl": ("#FADE2A", "#5794F2"),
    "continuous-blues": ("#F7FBFF", "#6BAED6", "#08306B"),
    "continuous-reds": ("#FFF5F0", "#FB6A4A", "#67000D"),
    "continuous-greens": ("#F7FCF5", "#74C476", "#00441B"),
    "continuous-purples": ("#FCFBFD", "#9E9AC8", "#3F007D"),
}
"""Modes of color that go by where a value lies between the least and the most."""
