-- Visits that began in [since, until); of all stores where none is named, to the end of time where `until` is null.
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
    priority_scores::text
FROM instore.visits
WHERE
    (%(store_id)s::text IS NULL OR store_id = %(store_id)s::text)
    AND entered_at >= instore.at(%(since)s::bigint)
    AND entered_at < coalesce(instore.at(%(until)s::bigint), 'infinity')
ORDER BY store_id, entered_at, visit_id;
