-- What the engine says of a signal replaces what it said before. Returns the 5 minutes in which figures change by it.
INSERT INTO instore.signals (
    signal_id, store_id, at, kind, since, zone_id, device_id, visit_id, sensor_id, value, threshold, message, updated_at
)
SELECT
    signal_id,
    store_id,
    instore.at(at),
    kind,
    instore.at(since),
    zone_id,
    device_id,
    visit_id,
    sensor_id,
    value,
    threshold,
    message,
    now()
FROM json_to_recordset(%(rows)s::json) AS new (
    signal_id uuid, store_id text, at bigint, kind text, since bigint, zone_id text, device_id text, visit_id uuid, sensor_id text,
    value float8, threshold float8, message text
)
ON CONFLICT (signal_id, at, store_id) DO UPDATE
SET
    since = excluded.since,
    zone_id = excluded.zone_id,
    device_id = excluded.device_id,
    visit_id = excluded.visit_id,
    sensor_id = excluded.sensor_id,
    value = excluded.value,
    threshold = excluded.threshold,
    message = excluded.message,
    updated_at = excluded.updated_at
RETURNING store_id, instore_kept.bucket_5m(at) AS bucket;
