SELECT store_id, bucket, from_zone_id, to_zone_id, count(*) AS moves
FROM (
    SELECT store_id, pg_temp.cut(store_id, started_at) AS bucket, before_zone_id AS from_zone_id, zone_id AS to_zone_id
    FROM pg_temp.stays_of_visits
    WHERE before_zone_id IS DISTINCT FROM zone_id
    UNION ALL
    SELECT store_id, pg_temp.cut(store_id, visit_left_at), zone_id, NULL
    FROM pg_temp.stays_of_visits
    WHERE next_at IS NULL AND is_over
) AS moves
GROUP BY 1, 2, 3, 4;
