-- What was said of some visits, and of zones and sensors in some stretches of time, both ends included.
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
WHERE store_id = %(store_id)s AND visit_id = ANY(%(visit_ids)s::uuid[])
UNION
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
FROM unnest(%(starts)s::bigint[], %(ends)s::bigint[]) AS stretch (started_at, ended_at)
INNER JOIN instore.signals ON at BETWEEN instore.at(stretch.started_at) AND instore.at(stretch.ended_at)
WHERE store_id = %(store_id)s AND visit_id IS NULL;
