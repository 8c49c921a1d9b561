SELECT store_id, bucket, sum(stored)::bigint AS stored, sum(rejected)::bigint AS rejected
FROM (
    SELECT store_id, pg_temp.cut(store_id, received_at) AS bucket, 1 AS stored, 0 AS rejected FROM instore.readings
    UNION ALL
    SELECT coalesce(store_id, ''), pg_temp.cut(store_id, received_at), 0, 1 FROM instore.rejected_readings
) AS came
GROUP BY 1, 2;
