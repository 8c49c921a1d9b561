-- Payments, those without a device or all, in any of these stretches of time, both ends included, as they were read: the zone may be missing.
SELECT DISTINCT ON (reading.ts, reading.id)
    reading.ts,
    reading.received_at,
    reading.is_late,
    reading.kind,
    reading.store_id,
    reading.sensor_id,
    reading.id,
    reading.device_id,
    reading.zone_id,
    reading.duration_s,
    reading.rssi_dbm,
    reading.direction,
    reading.shelf_id,
    reading.action,
    reading.product_id,
    reading.state,
    reading.receipt_id,
    reading.amount,
    reading.currency,
    reading.items::text
FROM unnest(%(starts)s::bigint[], %(ends)s::bigint[]) AS stretch (started_at, ended_at)
INNER JOIN instore.readings AS reading
    ON reading.ts BETWEEN instore.at(stretch.started_at) AND instore.at(stretch.ended_at)
WHERE
    reading.store_id = %(store_id)s
    AND reading.kind = 'payment'
    AND (reading.device_id IS NULL OR NOT %(anonymous)s)
    AND reading.ts BETWEEN instore.at(%(first)s::bigint) AND instore.at(%(last)s::bigint)
ORDER BY reading.ts, reading.id;
