"""The colours of all dashboards: those of Okabe and Ito, which people tell apart whatever their eyes see.

Source: M. Okabe and K. Ito, Color Universal Design, 2008. All of them stand out on Grafana's dark and on its light ground.
"""

GOOD = "#009E73"
"""As it should be."""

WATCH = "#E69F00"
"""Not yet bad: look again soon."""

ACT = "#D55E00"
"""Somebody has to do something."""

PLAIN = "#56B4E9"
"""A number that is neither good nor bad."""

OTHER = "#0072B2"
"""The second of two plain ones."""

THIRD = "#CC79A7"

FAINT = "#8E8E8E"
"""What is only there to compare with: the week before, the usual."""

EMPTY = "#D3E9F7"
"""PLAIN, made light: there is room, and nobody in it."""

SOME = "#A6D5F2"
"""Between EMPTY and PLAIN: people, and much room."""

INK = "#111217"
"""Text on any of these but OTHER: a contrast of 4.8 at the least, where white would have 2.3."""
