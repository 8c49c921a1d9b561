"""Colors of the palette, and what can be read on them. Pure."""

import re

TRANSPARENT = "transparent"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


class UnknownColor(ValueError):
    """A color that is not written as ours are: `#rrggbb`."""


def css(color: str) -> str:
    """Return what a browser understands.

    Raises:
        UnknownColor: it is none.
    """
    if not is_known(color):
        raise UnknownColor(f"the color {color} is not known to the preview: it takes #rrggbb")
    return color


def is_known(color: str) -> bool:
    """Tell whether `css` understands a color."""
    return color == TRANSPARENT or bool(_HEX.fullmatch(color))


def parts(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255."""
    digits = css(color).removeprefix("#")
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
