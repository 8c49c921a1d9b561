-- The visits of a store that may still change, or ended at a time or later: each half by an index of its own.
SELECT
    visit_id::text,
    store_id,
    device_id,
    entered_at,
    left_at,
    ended_by,
    n_readings,
    bounced,
    pass_by,
    is_staff,
    is_final,
    priority,
    priority_scores::text,
    converted
FROM instore.visits
WHERE store_id = %(store_id)s AND (NOT is_final OR left_at >= instore.at(%(since)s::bigint))
ORDER BY device_id, entered_at, left_at;
