-- The shelf visits of the visits named, each since its time `first`, are exactly these; only what differs is written.
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

stored AS MATERIALIZED (
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

-- A full join hashes both sides, however few rows the planner takes them for; it must not see what is asked of the result.
known AS MATERIALIZED (
    SELECT
        stored,
        visit.first
    FROM stored
    FULL JOIN unnest(%(visit_ids)s::uuid[], %(firsts)s::bigint[]) AS visit (visit_id, first) ON visit.visit_id = stored.visit_id
),

old AS MATERIALIZED (
    SELECT (stored).*
    FROM known
    WHERE (stored).ts >= instore.at(first)
),

-- The same here; all that follows reads it once.
paired AS MATERIALIZED (
    SELECT
        new,
        old
    FROM new
    FULL JOIN old ON old.visit_id = new.visit_id AND old.ts = new.ts AND old.reading_id = new.reading_id
),

written AS (
    INSERT INTO instore.shelf_visits (
        visit_id, store_id, device_id, reading_id, ts, shelf_id, action, product_id, zone_id, duration_s, is_staff, is_bought
    )
    SELECT (new).*
    FROM paired
    WHERE
        (new).visit_id IS NOT NULL
        AND (
            (old).visit_id IS NULL
            OR ((new).shelf_id, (new).action, (new).is_staff, (new).is_bought)
            <> ((old).shelf_id, (old).action, (old).is_staff, (old).is_bought)
            OR ((new).product_id, (new).zone_id, (new).duration_s)
            IS DISTINCT FROM ((old).product_id, (old).zone_id, (old).duration_s)
        )
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
FROM (
    SELECT (old).store_id, (old).ts FROM paired WHERE (new).visit_id IS NULL
    UNION ALL
    SELECT store_id, ts FROM written
) AS touched
GROUP BY 1, 2
UNION ALL
SELECT
    (old).store_id,
    NULL,
    (old).visit_id,
    (old).reading_id,
    (old).ts
FROM paired
WHERE (new).visit_id IS NULL;
