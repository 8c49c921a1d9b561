"""The installed command: help, wrong settings, servers that are away. What it does when all is well stands in `tests/e2e`."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click import Option
from click.testing import CliRunner
from msgspec import structs

import simulators
from instore import main
from sensors.child import free_port
from simulators.shop.floor import builtin
from tests.e2e.processes import Ended, Surroundings, surroundings

MQTT, KAFKA = "mqtt://127.0.0.1:1", "kafka://127.0.0.1:1"
DATABASE = "postgresql://nobody:secret@127.0.0.1:1/nothing"
NOTHING_LISTENS = {"INSTORE_MQTT_URL": MQTT, "INSTORE_KAFKA_URL": KAFKA, "INSTORE_DATABASE_URL": DATABASE}

READING = b'{"kind":"dwell","store_id":"s1","sensor_id":"gw-1","device_id":"d1","zone_id":"dairy","ts":1700000000000}\n'
LAYOUT = """\
store_id: s1
zones:
  - {zone_id: dairy, type: general}
  - {zone_id: dairy, type: general}
"""

COMMANDS = sorted(main.commands)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """A folder with a recording, a file of layouts that is wrong, and settings that point to where nothing listens."""
    with surroundings(tmp_path_factory.mktemp("command"), NOTHING_LISTENS) as mine:
        (mine.folder / "readings.jsonl").write_bytes(READING)
        (mine.folder / "wrong.yaml").write_text(LAYOUT)
        (mine.folder / "hasty.yaml").write_text("{about: it waits for nobody, day: sat, rules: {lateness_s: 10}}")
        (mine.folder / "plan.json").write_bytes(msgspec.json.encode(structs.replace(builtin("grocery"), store_id="plan")))
        (mine.folder / "file").touch()
        yield mine


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """A folder without any settings, in which no stack runs."""
    with surroundings(tmp_path_factory.mktemp("bare")) as mine:
        yield mine


def _run_here(place: Surroundings, patch: pytest.MonkeyPatch, arguments: str) -> Ended:
    """Run a command in this process, in that folder and with its settings: what it refuses at once needs none of its own."""
    patch.chdir(place.folder)
    without = {name: None for name in os.environ if name.startswith("INSTORE_")}
    said = CliRunner().invoke(main, arguments.split(), env={**without, **place.environment})
    return Ended(said.exit_code, said.stdout, said.stderr)


def _assert_one_sentence(ended: Ended, code: int, *words: str) -> None:
    """The command ended with this code and one line on standard error that has these words and no password."""
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    said = ended.err.strip()  # a progress bar that is no terminal's leaves an empty line
    assert len(said.splitlines()) == 1, said
    assert said.startswith("instore: ")
    for word in words:
        assert word in said
    assert "secret" not in ended.err
    assert ended.out == ""


def test_the_command_is_installed() -> None:
    """`instore` stands beside the interpreter, and tells its version."""
    said = subprocess.run([Path(sys.executable).parent / "instore", "--version"], check=True, capture_output=True, text=True)
    assert said.stdout.startswith("instore, version ")


@pytest.mark.parametrize(
    "command", ["", *COMMANDS, "layout load", "layout check", "dashboards publish", "dashboards write", "dashboards check"]
)
def test_every_command_explains_itself(command: str) -> None:
    """`--help` ends with 0, says what the command does, and what its options mean."""
    ended = CliRunner().invoke(main, [*command.split(), "--help"])
    assert ended.exit_code == 0
    assert ended.stdout.startswith("Usage: ")
    assert ended.stderr == ""


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_the_scenarios_are_named_where_one_asks_for_help(command: str) -> None:
    """All that come with the simulator, and no others."""
    [option] = [one for one in main.commands[command].params if one.name == "scenario"]
    assert isinstance(option, Option)
    named = re.findall(r"[a-z]+(?:-[a-z]+)*(?=[,.])", (option.help or "").partition(":")[2].partition(". ")[0] + ".")
    assert named == sorted(file.stem for file in (Path(simulators.__file__).parent / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize(("lateness_s", "most"), [(60, 50), (30, 26)])
def test_disorder_has_the_limits_that_its_help_names(
    lateness_s: int, most: int, here: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """50 s, and 4 s less than the lateness of the store."""
    (here.folder / "limits.yaml").write_text(f"{{about: limits, day: sat, rules: {{lateness_s: {lateness_s}}}}}")
    asked = "simulate --out l.jsonl --truth t.jsonl --shoppers 1 --scenario limits.yaml --disorder"
    _assert_one_sentence(_run_here(here, monkeypatch, f"{asked} {most + 1}"), 2, f"0 to {most} seconds")
    assert _run_here(here, monkeypatch, f"{asked} {most}").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("bridge --mqtt-url http://127.0.0.1", ["mqtt://"]),
        ("bridge --mqtt-url mqtt://user:secret@127.0.0.1:port", ["port"]),
        ("bridge --mqtt-url mqtt://", ["host"]),
        ("bridge --kafka-url 127.0.0.1:9092", ["kafka://"]),
        ("bridge --kafka-url kafka://user:secret@127.0.0.1", ["SASL"]),
        ("bridge --client-id a/b", ["client id"]),
        ("bridge --share group", ["--client-id"]),
        ("bridge --spool-dir file/inside", ["file/inside", "--spool-dir", "--spool-bytes 0"]),
        ("worker --kafka-url 127.0.0.1", ["kafka://"]),
        ("worker --database-url mysql://me:secret@127.0.0.1/db", ["postgresql://"]),
        ("migrate --database-url postgresql://me:secret@[/db", ["postgresql://"]),
        ("doctor --mqtt-url nonsense", ["mqtt://"]),
        ("doctor --kafka-url nonsense", ["kafka://"]),
        ("doctor --database-url nonsense", ["postgresql://"]),
        ("layout load missing.yaml", ["missing.yaml"]),
        ("layout load wrong.yaml", ["wrong.yaml", "4", "dairy"]),
        ("layout check wrong.yaml", ["wrong.yaml", "4", "dairy"]),
        ("layout check .", ["."]),
        ("reconstruct missing.jsonl --out -", ["missing.jsonl"]),
        ("reconstruct . --out -", [".", "that is a folder"]),
        ("reconstruct /dev/null --out -", ["/dev/null", "that is no file"]),
        ("reconstruct readings.jsonl --out - --mapping missing.yaml", ["missing.yaml", "there is no such mapping"]),
        ("reconstruct readings.jsonl --out - --mapping .", [".", "that is a folder"]),
        ("reconstruct readings.jsonl --out - --mapping wrong.yaml", ["wrong.yaml", "kind"]),
        ("reconstruct readings.jsonl --out ./wrong.yaml --mapping wrong.yaml", ["--out", "--mapping", "same file"]),
        ("reconstruct readings.jsonl --out nowhere/visits.jsonl", ["nowhere"]),
        ("reconstruct readings.jsonl --out ./readings.jsonl", ["READINGS", "--out", "same file"]),
        ("reconstruct readings.jsonl --out - --layout missing.yaml", ["missing.yaml"]),
        ("reconstruct readings.jsonl --out - --set patience_s=1", ["patience_s", "presence_gap_s"]),
        ("reconstruct readings.jsonl --out - --set presence_gap_s=soon", ["presence_gap_s"]),
        ("reconstruct readings.jsonl --out - --set presence_gap_s=-1", ["presence_gap_s"]),
        ("reconstruct readings.jsonl --out - --set presence_gap_s", ["presence_gap_s"]),
        ("reconstruct readings.jsonl --out - --set visit_timeout_s=nan", ["visit_timeout_s"]),
        ("reconstruct readings.jsonl --layout plan.json --out ./plan.json", ["--out", "--layout", "same file"]),
        ("simulate --out days.jsonl --truth ./days.jsonl", ["--out", "--truth", "same file"]),
        ("simulate --out plan.json --truth t.jsonl --store plan.json", ["--out", "--store", "same file"]),
        ("simulate --out r.jsonl --truth hasty.yaml --scenario hasty.yaml", ["--truth", "--scenario", "same file"]),
        ("simulate --report hasty.yaml --people hasty.yaml", ["--report", "--people", "same file"]),
        ("simulate --out r.jsonl --truth t.jsonl --store plan.json --layouts .", ["--layouts .", "--store", "same file"]),
        ("simulate --out days.jsonl --truth truth.jsonl --report truth.jsonl", ["--truth", "--report", "same file"]),
        ("replay missing.jsonl", ["missing.jsonl"]),
        ("replay . ", [".", "that is a folder"]),
        ("replay /dev/null", ["/dev/null", "that is no file"]),
        ("replay readings.jsonl --mqtt-url nonsense", ["mqtt://"]),
        ("replay readings.jsonl --shift-to soon", ["--shift-to", "soon"]),
        ("replay readings.jsonl --from 2026-01-02 --to 2026-01-01", ["--from", "--to"]),
        ("replay readings.jsonl --only shop=1", ["--only", "store, sensor, kind, topic"]),
        ("replay readings.jsonl --mapping .", [".", "that is a folder"]),
        ("replay readings.jsonl --mapping missing.yaml", ["missing.yaml", "mapping"]),
        ("record --out nowhere/recording", ["nowhere"]),
        ("record --out recording --mqtt-url nonsense", ["mqtt://"]),
        ("record --out recording --topic a/#/b", ["--topic", "a/#/b"]),
        ("replay readings.jsonl --speed 0", ["--speed"]),
        ("replay readings.jsonl --speed fast", ["--speed"]),
        ("simulate --out nowhere/r.jsonl --truth t.jsonl --shoppers 1", ["nowhere"]),
        ("simulate --out r.jsonl --truth nowhere/t.jsonl --shoppers 1", ["nowhere"]),
        ("simulate --out r.jsonl --truth t.jsonl --date 2026-13-01", ["2026-13-01"]),
        ("simulate --out r.jsonl --truth t.jsonl --store missing.yaml", ["missing.yaml"]),
        ("simulate --out r.jsonl --truth t.jsonl --store wrong.yaml", ["wrong.yaml", "dairy"]),
        ("simulate --out r.jsonl --shoppers 1", ["--out", "--truth", "--report"]),
        ("simulate --signals s.jsonl --report r.html --shoppers 1", ["--signals"]),
        ("simulate --report nowhere/r.html --shoppers 1", ["nowhere"]),
        ("simulate --report r.html --stores 2 --shoppers 1", ["--report", "--stores"]),
        ("simulate --out r.jsonl --truth t.jsonl --layouts file --shoppers 1", ["--layouts file"]),
        ("simulate --out r.jsonl --truth t.jsonl --layouts nowhere/plans --shoppers 1", ["--layouts nowhere/plans"]),
        ("simulate --out r.jsonl --truth t.jsonl --store casino", ["casino", "fashion", "theme-park"]),
        ("simulate --out r.jsonl --truth t.jsonl --people nobody", ["nobody", "fashion", "theme-park"]),
        ("simulate --out r.jsonl --truth t.jsonl --people missing.yaml", ["missing.yaml"]),
        ("simulate --out r.jsonl --truth t.jsonl --people theme-park", ["carousel", "corner-market"]),
        ("simulate --out r.jsonl --truth t.jsonl --people fashion --scenario saturday", ["--people", "--scenario"]),
        ("demo --once --store casino", ["casino", "fashion"]),
        ("simulate --out r.jsonl --truth t.jsonl --duplicates 2", ["duplicates"]),
        ("simulate --out r.jsonl --truth t.jsonl --duplicates nan", ["duplicates"]),
        ("simulate --out r.jsonl --truth t.jsonl --malformed -1", ["malformed"]),
        ("simulate --out r.jsonl --truth t.jsonl --disorder 1000", ["disorder"]),
        ("simulate --out r.jsonl --truth t.jsonl --silence gw-1", ["gw-1"]),
        ("simulate --out r.jsonl --truth t.jsonl --silence gw-front@25:00-26:00", ["25:00"]),
        ("simulate --out r.jsonl --truth t.jsonl --signals nowhere/s.jsonl", ["nowhere"]),
        ("simulate --out r.jsonl --truth t.jsonl --scenario sunday", ["sunday", "quiet, rush-hour, saturday"]),
        ("simulate --out r.jsonl --truth t.jsonl --scenario wrong.yaml", ["wrong.yaml", "store_id"]),
        ("simulate --out r.jsonl --truth t.jsonl --scenario saturday --days 2", ["--scenario", "--days"]),
        ("simulate --out r.jsonl --truth t.jsonl --scenario hasty.yaml --disorder 7", ["disorder", "0 to 6 seconds"]),
        ("simulate --out r.jsonl --truth t.jsonl --date 2026-02-30", ["--date 2026-02-30", "2026-11-22"]),
        ("simulate --out r.jsonl --truth t.jsonl --date 9999-12-31", ["--date 9999-12-31", "2099-12-31"]),
        ("record --out r.zst --seconds nan", ["--seconds nan"]),
        ("record --out r.zst --seconds inf", ["--seconds inf"]),
        ("simulate --live --days 2", ["--live", "--days"]),
        ("simulate --live --out r.jsonl", ["--live", "--out"]),
        ("simulate --live --silence gw-front@10:00-10:15", ["--live", "--silence"]),
        ("simulate --live --date 2026-11-20", ["--live", "--date"]),
        ("simulate --out r.jsonl.gz --truth t.jsonl", ["--out r.jsonl.gz", ".zst"]),
        ("demo --once --date 2099-12-30", ["must be over", "--date"]),
        ("demo --once --disorder 1000", ["disorder"]),
        ("demo --once --scenario missing.yaml", ["missing.yaml"]),
        ("up --data-dir file/inside", ["file/inside"]),
    ],
)
def test_a_wrong_setting_is_one_sentence(here: Surroundings, monkeypatch: pytest.MonkeyPatch, arguments: str, words: list[str]) -> None:
    """Exit code 2, and one line that says what is wrong, without any password."""
    _assert_one_sentence(_run_here(here, monkeypatch, arguments), 2, *words)


@pytest.mark.parametrize(("part", "word"), [("mqtt", "mqtt://"), ("kafka", "kafka://"), ("database", "postgresql://")])
def test_the_demo_looks_at_its_settings_before_it_starts_anything(
    bare: Surroundings, monkeypatch: pytest.MonkeyPatch, part: str, word: str
) -> None:
    """A wrong URL of one part is said at once, not when the others have been started."""
    _assert_one_sentence(_run_here(bare, monkeypatch, f"demo --once --{part}-url nonsense"), 2, word)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("fly", "fly"),
        ("bridge --mqtt-version 4", "3.1.1"),
        ("bridge --spool-bytes -1", "spool-bytes"),
        ("replay", "RECORDING"),
        ("reconstruct readings.jsonl", "--out"),
        ("simulate --out r.jsonl", "--truth"),
        ("simulate --out r.jsonl --truth t.jsonl --days 0", "--days"),
        ("simulate --out r.jsonl --truth t.jsonl --shoppers none", "--shoppers"),
        ("demo --days 0", "--days"),
        ("layout load", "FILES"),
        (f"up --data-dir {__file__}", "--data-dir"),
    ],
)
def test_a_wrong_option_is_explained(arguments: str, word: str) -> None:
    """What the parser itself refuses also ends with 2, and its last line says why."""
    ended = CliRunner().invoke(main, arguments.split())  # it never comes to the command, so it needs no process of its own
    assert ended.exit_code == 2
    assert word in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("bridge", "mqtt"),
        ("worker", "kafka"),
        ("migrate", "database"),
        ("doctor", "mqtt"),
        ("replay readings.jsonl", "mqtt"),
    ],
)
def test_without_settings_and_without_a_stack_it_says_what_to_do(
    bare: Surroundings, monkeypatch: pytest.MonkeyPatch, command: str, part: str
) -> None:
    """Exit code 2, and the three ways out: the variable, the flag, `instore up`."""
    (bare.folder / "readings.jsonl").write_bytes(READING)
    _assert_one_sentence(_run_here(bare, monkeypatch, command), 2, f"INSTORE_{part.upper()}_URL", f"--{part}-url", "instore up")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("worker", ["127.0.0.1:1"]),
        ("migrate", ["PostgreSQL", "127.0.0.1:1"]),
        ("layout load good.yaml", ["PostgreSQL", "127.0.0.1:1"]),
        ("replay readings.jsonl", ["MQTT", "127.0.0.1:1"]),
        ("simulate --live", ["MQTT", "127.0.0.1:1"]),
        ("demo --once", ["127.0.0.1:1"]),
    ],
)
def test_a_server_that_is_away_is_one_sentence(here: Surroundings, arguments: str, words: list[str]) -> None:
    """Exit code 1, and one line that says which server cannot be reached, without any password."""
    (here.folder / "good.yaml").write_text("store_id: s1\n")
    _assert_one_sentence(here.run(*arguments.split()), 1, *words)


def test_the_doctor_says_of_each_part_that_it_is_away(here: Surroundings) -> None:
    """Exit code 1; every part is examined, whatever the others are like."""
    ended = here.run("doctor")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert ended.out.count(" bad ") == 3
    assert ended.out.count("127.0.0.1:1") >= 3
    assert "secret" not in ended.out + ended.err


def test_a_bridge_waits_for_servers_that_are_away(here: Surroundings) -> None:
    """It is no fault of ours: it says so once for each, goes on trying, and still ends cleanly when asked."""
    bridge = here.start("bridge")
    bridge.wait_for("MQTT broker at mqtt://127.0.0.1:1 cannot be reached")
    bridge.wait_for("Kafka cannot be reached")
    assert not bridge.has_ended
    ended = bridge.terminate()
    assert ended.code == 0
    assert ended.err.count("cannot be reached") == 2
    assert "Traceback" not in ended.err


@pytest.mark.integration
def test_a_worker_refuses_a_database_without_schema(here: Surroundings, empty_database_url: str) -> None:
    """The schema is made by `instore migrate`, on purpose; the worker says so with exit code 2."""
    _assert_one_sentence(here.run("worker", "--database-url", empty_database_url), 2, "instore migrate")


@pytest.mark.integration
def test_a_worker_without_kafka_says_so(here: Surroundings, database_url: str) -> None:
    """With the database there and Kafka away: exit code 1, and one sentence on Kafka."""
    _assert_one_sentence(here.run("worker", "--database-url", database_url), 1, "Kafka", "127.0.0.1:1")


@pytest.mark.integration
def test_migrate_says_what_it_did(here: Surroundings, empty_database_url: str) -> None:
    """The first run names what it applied, the second has nothing to do."""
    first = here.run_well("migrate", "--database-url", empty_database_url)
    assert first.out.splitlines()[0] == "applied 0001_stores"
    assert here.run_well("migrate", "--database-url", empty_database_url).out == "up to date\n"


@pytest.mark.integration
def test_layouts_are_loaded_once(here: Surroundings, database_url: str) -> None:
    """A plan loaded again unchanged makes no new version; a changed one does."""
    plan = here.folder / "plan.yaml"
    plan.write_text("store_id: s1\nname: First\n")
    load = ("layout", "load", plan, "--database-url", database_url)
    assert here.run_well(*load).out == "s1: version 1\n"
    assert here.run_well(*load).out == "s1: version 1\n"
    plan.write_text("store_id: s1\nname: Second\n")
    assert here.run_well(*load).out == "s1: version 2\n"


def test_simulated_recordings_are_the_same_bytes_for_the_same_seed(here: Surroundings) -> None:
    """Same seed, same day, same bytes; another seed, another day."""
    made = []
    for number, seed in enumerate((7, 7, 8)):
        out, truth = here.folder / f"r{number}.jsonl", here.folder / f"t{number}.jsonl"
        here.run_well("simulate", "--out", out, "--truth", truth, "--seed", str(seed), "--shoppers", "5", "--date", "2026-11-14")
        made.append((out.read_bytes(), truth.read_bytes()))
    assert made[0] == made[1]
    assert made[0][0] != made[2][0]
    assert made[0][1] != made[2][1]


def test_simulated_stores_have_their_plans_written(here: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rules of the script; what is said of them can be typed."""
    files = "--out many.jsonl --truth many.truth --layouts plans"
    ended = _run_here(here, monkeypatch, f"simulate {files} --stores 2 --shoppers 2 --scenario quiet")
    assert ended.code == 0, ended.err
    assert "plans of 2 stores in plans: `instore layout load plans/*.json`" in ended.err
    names = [f"plans/corner-market-000{number}.json" for number in (1, 2)]
    checked = _run_here(here, monkeypatch, f"layout check {' '.join(names)}")
    assert checked.code == 0, checked.err
    assert checked.out.count(" zones, ") == 2
    assert '"queue_long_for_s": 60' in (here.folder / names[0]).read_text()


def test_reconstruct_writes_visits_to_standard_output(here: Surroundings) -> None:
    """With `--out -` the visits are all that stands there; the summary goes to standard error."""
    ended = here.run_well("reconstruct", "readings.jsonl", "--out", "-")
    assert ended.out.count("\n") == 1
    assert '"device_id":"d1"' in ended.out
    assert "1 readings: 1 visits" in ended.err


def test_reconstruct_says_what_it_could_not_read(here: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a recording of messages, below the summary."""
    line = b'{"tst":"2026-11-27T04:36:37Z","topic":"instore/v1/s1/dwell/gw-1","qos":1,"retain":0,"payload":%s}\n'
    (here.folder / "tape.jsonl").write_bytes(line % READING.strip() + b"half a li")
    ended = _run_here(here, monkeypatch, "reconstruct tape.jsonl --out -")
    assert ended.code == 0, ended.err
    assert '"device_id":"d1"' in ended.out
    summary, unread = ended.err.strip().splitlines()
    assert summary.startswith("1 readings: 1 visits")
    assert unread == "tape.jsonl: 1 lines could not be read and were left out"


def test_reconstruct_reads_a_table_by_a_mapping(here: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `replay` does: local times, names of others, and what cannot be read is named."""
    mapping = "{store_id: {constant: s1}, kind: {constant: dwell}, sensor_id: {constant: gw}, device_id: mac, zone_id: room,"
    (here.folder / "m.yaml").write_text(f"{mapping} ts: {{column: at, format: '%d.%m.%Y %H:%M:%S', zone: Europe/Berlin}}}}")
    rows = "mac,room,at\nd1,dairy,22.11.2026 10:30:00\nd1,dairy,22.11.2026 10:30:20\nd1,bakery,22.11.2026 10:30:40\n"
    (here.folder / "t.csv").write_text(rows)
    ended = _run_here(here, monkeypatch, "reconstruct t.csv --mapping m.yaml --out -")
    assert ended.code == 0, ended.err
    (visit,) = map(msgspec.json.decode, ended.out.splitlines())
    assert (visit["device_id"], visit["path"], visit["entered_at"][:19]) == ("d1", ["dairy", "bakery"], "2026-11-22T09:30:00")
    assert ended.err.strip().startswith("3 readings: 1 visits")
    (here.folder / "t.csv").write_text(rows + "d1,bakery,soon\n")
    wrong = _run_here(here, monkeypatch, "reconstruct t.csv --mapping m.yaml --out -")
    _assert_one_sentence(wrong, 2, "t.csv, line 5, column `at`", "soon")
    _assert_one_sentence(_run_here(here, monkeypatch, "reconstruct readings.jsonl --mapping m.yaml --out -"), 2, "a mapping is for tables")


def test_a_port_that_is_not_mqtt_is_one_sentence(here: Surroundings) -> None:
    """Something else listens there: the command says so after its timeout instead of hanging."""
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port := free_port())],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as other:
        try:
            ended = here.run("replay", "readings.jsonl", "--mqtt-url", f"mqtt://127.0.0.1:{port}")
        finally:
            other.kill()
    _assert_one_sentence(ended, 1, "MQTT", str(port))
