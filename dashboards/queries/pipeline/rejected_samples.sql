-- The newest three of each reason: what there is to see without the bytes, which may name a device.
SELECT
    received_at AS "Received",
    reason AS "Reason",
    coalesce(store_id, '(none)') AS "Store",
    coalesce(sensor_id, '(none)') AS "Sensor",
    coalesce(kind, '(none)') AS "Kind"
FROM (
    SELECT
        received_at,
        reason,
        store_id,
        sensor_id,
        kind,
        row_number() OVER (PARTITION BY reason ORDER BY received_at DESC) AS place
    FROM instore_analysis.rejected_readings
    WHERE $__timeFilter(received_at)
) AS newest
WHERE place <= 3
ORDER BY received_at DESC
