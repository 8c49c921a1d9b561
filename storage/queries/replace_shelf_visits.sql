-- The shelf visits of the visits named are exactly these; only what differs is written.
-- Returns the 5 minutes in which figures change by it; and, with their keys, the rows that are no more, for `delete_shelf_visits.sql`.
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

old AS MATERIALIZED (
    SELECT
        visit_id,
        store_id,
        reading_id,
        ts,
        shelf_id,
        action,
        product_id,
        zone_id,
        duration_s,
        is_staff,
        is_bought
    FROM instore.shelf_visits
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND store_id = ANY(%(store_ids)s::text[]) AND ts >= %(since)s::timestamptz
),

gone AS (
    SELECT old.store_id, old.visit_id, old.reading_id, old.ts
    FROM old
    WHERE
        NOT EXISTS (
            SELECT FROM new
            WHERE new.visit_id = old.visit_id AND new.ts = old.ts AND new.reading_id = old.reading_id
        )
),

written AS (
    INSERT INTO instore.shelf_visits (
        visit_id, store_id, device_id, reading_id, ts, shelf_id, action, product_id, zone_id, duration_s, is_staff, is_bought
    )
    SELECT new.*
    FROM new
    LEFT JOIN old ON old.visit_id = new.visit_id AND old.ts = new.ts AND old.reading_id = new.reading_id
    WHERE
        old.visit_id IS NULL
        OR (new.shelf_id, new.action, new.is_staff, new.is_bought) <> (old.shelf_id, old.action, old.is_staff, old.is_bought)
        OR (new.product_id, new.zone_id, new.duration_s) IS DISTINCT FROM (old.product_id, old.zone_id, old.duration_s)
    ON CONFLICT (visit_id, ts, reading_id, store_id) DO UPDATE
    SET
        shelf_id = excluded.shelf_id,
        action = excluded.action,
        product_id = excluded.product_id,
        zone_id = excluded.zone_id,
        duration_s = excluded.duration_s,
        is_staff = excluded.is_staff,
        is_bought = excluded.is_bought
    RETURNING store_id, ts
)

SELECT
    store_id,
    instore_kept.bucket_5m(ts) AS bucket,
    NULL::uuid AS visit_id,
    NULL::text AS reading_id,
    NULL::timestamptz AS ts
FROM (SELECT store_id, ts FROM gone UNION ALL SELECT store_id, ts FROM written) AS touched
GROUP BY 1, 2
UNION ALL
SELECT
    store_id,
    NULL,
    visit_id,
    reading_id,
    ts
FROM gone;
