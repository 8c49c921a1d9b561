"""A panel that is to be drawn: its JSON, its columns as configured, and what is looked at. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboards.frames import Frame
from dashboards.preview.fields import Config, Field, fields_of
from dashboards.preview.look import Look
from dashboards.preview.transform import transformed


class Drawing(NamedTuple):
    """What a module of a kind of panel gets: `tables` has the columns of each answer."""

    panel: Config
    tables: list[list[Field]]
    look: Look

    @property
    def options(self) -> Config:
        """The options of its kind."""
        return self.panel.get("options") or {}

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.panel.get("title") or "")

    @property
    def fields(self) -> list[Field]:
        """The columns of all answers."""
        return [field for table in self.tables for field in table]

    @property
    def numbers(self) -> list[Field]:
        """The columns of numbers that are to be seen."""
        return [field for field in self.fields if field.is_number]

    def nothing(self) -> Component:
        """Say that there is nothing to see, in the panel's own words."""
        words = (self.panel.get("fieldConfig") or {}).get("defaults", {}).get("noValue") or "no data"
        return html.P(words, className="nothing")


def drawing(panel: Config, frames: Sequence[Frame], look: Look) -> Drawing:
    """Carry out the panel's transformations, and give its columns what was configured for them."""
    made = transformed(frames, panel.get("transformations") or ())
    config = panel.get("fieldConfig") or {}
    config = {**config, "overrides": [*made.overrides, *(config.get("overrides") or ())]}
    return Drawing(panel, [fields_of(frame, config, look.zone) for frame in made.frames], look)
