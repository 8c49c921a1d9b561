"""`instore bench engine` with few readings: every figure is there; and what is measured is the same work at every scale."""

from benchmarks import engine
from benchmarks.chain import layouts_of
from benchmarks.report import Report
from instore import MESSAGES
from sensors.decode import Decoded
from sensors.reading import KAFKA_BATCH
from simulators.shop.floor import builtin
from stream.reconstruct import reconstruct

FEW = engine.Options(readings=3_000, shoppers=60, open_visits=60, scales=(1, 3))


def test_every_figure_is_there() -> None:
    """Each with its limit, measured in the same run."""
    found = {figure.name: figure for figure in engine.run(FEW, Report(MESSAGES))}
    assert set(found) == {"P1", "P1/bare", "P1/of_bare", "P8/1x", "P8/3x", "P1/two", "P7", "P7/speed"}
    assert all(figure.value > 0 < (figure.ratio or 0) for figure in found.values())
    assert found["P1"].value == found["P1/bare"].value < (found["P1/bare"].limit or 0)
    assert found["P8/1x"].ratio == 1


def test_records_hold_the_readings_in_order() -> None:
    """As many as asked for, of one store, at most a thousand each."""
    records = engine.simulated(builtin("grocery"), FEW)
    assert [record.n_readings for record in records] == [1000, 1000, 1000]
    readings = [reading for record in records for reading in KAFKA_BATCH.decode(record.value)]
    assert {reading.store_id for reading in readings} == {"bench-1"}
    assert [reading.received_at for reading in readings] == sorted(reading.received_at for reading in readings)


def test_each_store_tells_the_same() -> None:
    """The visits of three stores are three times those of one."""
    plan = builtin("grocery")
    records = engine.simulated(plan, FEW)
    alone = engine.told(records, plan, 1).visits
    assert engine.told(list(engine.of_stores(records, 3)), plan, 3).visits == 3 * alone > 0
    readings = [reading for record in records for reading in KAFKA_BATCH.decode(record.value)]
    assert alone == len(reconstruct([Decoded(readings, [], [])], layouts_of(plan, 1)).visits)
