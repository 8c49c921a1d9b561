-- Visits that no longer exist, with all that hangs on them; their payments belong to nobody until told otherwise.
-- `since` is the earliest of their beginnings: older chunks need not be looked at.
-- Returns the 5 minutes in which figures of visits and of payments change by it.
WITH removed AS (
    DELETE FROM instore.visits
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND entered_at >= instore.at(%(since)s::bigint)
    RETURNING store_id, entered_at, left_at
),

removed_stays AS (
    DELETE FROM instore.stays
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND started_at >= instore.at(%(since)s::bigint)
    RETURNING store_id, started_at, ended_at
),

removed_shelf_visits AS (
    DELETE FROM instore.shelf_visits
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND ts >= instore.at(%(since)s::bigint)
    RETURNING store_id, ts
),

freed AS (
    UPDATE instore.payments
    SET visit_id = NULL
    WHERE visit_id = ANY(%(visit_ids)s::uuid[])
    RETURNING store_id, ts
)

SELECT
    store_id,
    instore_kept.bucket_5m(at) AS bucket,
    source
FROM (
    SELECT 'visits' AS source, store_id, unnest(ARRAY[entered_at, left_at]) AS at FROM removed
    UNION ALL
    SELECT 'visits', store_id, unnest(ARRAY[started_at, ended_at]) FROM removed_stays
    UNION ALL
    SELECT 'visits', store_id, ts FROM removed_shelf_visits
    UNION ALL
    SELECT 'payments', store_id, ts FROM freed
) AS touched
GROUP BY 1, 2, 3;
