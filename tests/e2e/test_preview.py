"""`instore preview` beside a running pipeline: who comes in is seen while it happens, in a browser that nobody touches."""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import needs
from tests.chromium import chromium
from tests.dashboards.preview.looking import looking, ready
from tests.e2e.conftest import Pipeline
from tests.e2e.processes import Surroundings, port_of

pytestmark = pytest.mark.integration

STORE = """
store_id: looked-at
name: Looked at
timezone: Europe/Berlin
zones:
  - {zone_id: entrance, name: Entrance, type: entrance, capacity: 10}
gates: [{sensor_id: gate-1, zone_id: entrance}]
"""
WITHIN_MS = 30_000
"""The page asks every 10 s; the rest is for machines that do much else."""


def _send(here: Surroundings, device_id: str, direction: str) -> None:
    program = needs.program("mosquitto_pub", "mosquitto-clients")
    payload = json.dumps({"device_id": device_id, "direction": direction, "ts": datetime.now(UTC).isoformat()})
    port = str(port_of(here.environment["INSTORE_MQTT_URL"]))
    topic = "instore/v1/looked-at/entry/gate-1"
    subprocess.run([program, "-h", "127.0.0.1", "-p", port, "-q", "1", "-t", topic, "-m", payload], check=True, timeout=10)


def test_a_visit_appears_while_it_is_being_written(pipeline: Pipeline, tmp_path: Path) -> None:
    """Somebody comes in, then somebody else; the page says 1, then 2, without being loaded again. SIGTERM ends it with 0."""
    needs.program("chromium", "chromium")
    layout = tmp_path / "looked-at.yaml"
    layout.write_text(STORE)
    pipeline.here.run_well("layout", "load", layout)
    preview = pipeline.here.start("preview", "--port", "0")
    preview.wait_for("http://")
    with chromium() as browser, looking(browser) as page:
        page.goto(f"{preview.out.strip()}d/instore-now-looked-at")
        ready(page)
        page.evaluate("window.sameDocument = true")
        inside = page.get_by_label("People inside").locator(".body")
        expect(inside).to_have_text(re.compile(r"^0"))
        for count, device_id in enumerate(("one", "other"), 1):
            _send(pipeline.here, device_id, "in")
            expect(inside).to_have_text(re.compile(rf"^{count}"), timeout=WITHIN_MS)
        assert page.evaluate("window.sameDocument")
    ended = preview.terminate()
    assert ended.code == 0, ended.err[-3000:]
    assert "Traceback" not in ended.err
