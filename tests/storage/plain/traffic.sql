SELECT
    store_id,
    bucket,
    sensor_id,
    kind,
    count(*) FILTER (WHERE is_stored) AS stored,
    count(*) FILTER (WHERE is_late) AS late,
    count(*) FILTER (WHERE NOT is_stored) AS rejected,
    coalesce(sum(extract(EPOCH FROM received_at - ts)), 0) AS delay_s,
    min(extract(EPOCH FROM received_at - ts)) AS min_delay_s,
    max(extract(EPOCH FROM received_at - ts)) AS max_delay_s,
    max(received_at) AS last_received_at
FROM (
    SELECT store_id, pg_temp.cut(store_id, received_at) AS bucket, sensor_id, kind, TRUE AS is_stored, is_late, received_at, ts
    FROM instore.readings
    UNION ALL
    SELECT coalesce(store_id, ''), pg_temp.cut(store_id, received_at), sensor_id, kind, FALSE, FALSE, received_at, NULL
    FROM instore.rejected_readings
) AS came
GROUP BY 1, 2, 3, 4;
