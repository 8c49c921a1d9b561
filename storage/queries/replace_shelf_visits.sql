-- The shelf visits of the visits named are exactly these; only what differs is written. Returns the 5 minutes in which figures change by it.
WITH new AS MATERIALIZED (
    SELECT
        visit_id,
        store_id,
        device_id,
        reading_id,
        instore.at(ts) AS ts,
        shelf_id,
        action,
        product_id,
        zone_id,
        duration_s,
        is_staff,
        is_bought
    FROM json_to_recordset(%(rows)s::json) AS shelf_visit (
        visit_id uuid, store_id text, device_id text, reading_id text, ts bigint, shelf_id text, action text, product_id text,
        zone_id text, duration_s float8, is_staff boolean, is_bought boolean
    )
),

gone AS (
    DELETE FROM instore.shelf_visits AS old
    WHERE
        old.visit_id = ANY(%(visit_ids)s::uuid[])
        AND old.ts >= instore.at(%(since)s::bigint)
        AND NOT EXISTS (
            SELECT FROM new
            WHERE new.visit_id = old.visit_id AND new.ts = old.ts AND new.reading_id = old.reading_id
        )
    RETURNING store_id, ts
),

written AS (
    INSERT INTO instore.shelf_visits (
        visit_id, store_id, device_id, reading_id, ts, shelf_id, action, product_id, zone_id, duration_s, is_staff, is_bought
    )
    SELECT * FROM new
    ON CONFLICT (visit_id, ts, reading_id) DO UPDATE
    SET
        shelf_id = excluded.shelf_id,
        action = excluded.action,
        product_id = excluded.product_id,
        zone_id = excluded.zone_id,
        duration_s = excluded.duration_s,
        is_staff = excluded.is_staff,
        is_bought = excluded.is_bought
    WHERE
        (shelf_visits.shelf_id, shelf_visits.action, shelf_visits.is_staff, shelf_visits.is_bought)
        <> (excluded.shelf_id, excluded.action, excluded.is_staff, excluded.is_bought)
        OR (shelf_visits.product_id, shelf_visits.zone_id, shelf_visits.duration_s)
        IS DISTINCT FROM (excluded.product_id, excluded.zone_id, excluded.duration_s)
    RETURNING store_id, ts
)

SELECT
    store_id,
    instore_kept.bucket_5m(ts) AS bucket
FROM (SELECT * FROM gone UNION ALL SELECT * FROM written) AS touched
GROUP BY 1, 2;
