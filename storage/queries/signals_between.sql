-- What was said of a store in a stretch of time, the end excluded.
SELECT
    signal_id::text,
    store_id,
    kind,
    since,
    at,
    zone_id,
    device_id,
    visit_id::text,
    sensor_id,
    value,
    threshold,
    message
FROM instore.signals
WHERE store_id = %(store_id)s AND at >= instore.at(%(since)s::bigint) AND at < instore.at(%(until)s::bigint)
ORDER BY at, kind, signal_id;
