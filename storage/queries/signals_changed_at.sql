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
WHERE updated_at = %(flushed_at)s AND store_id = ANY(%(store_ids)s::text[])
ORDER BY at, kind, signal_id;
