"""The `instore` command: parses and dispatches; the work is done in the folders."""

import click


@click.group()
@click.version_option(package_name="instore")
def main() -> None:
    """Turn what sensors in a store hear into the journeys of its visitors."""
