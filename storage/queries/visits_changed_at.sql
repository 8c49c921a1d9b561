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
WHERE updated_at = %(flushed_at)s AND store_id = ANY(%(store_ids)s::text[])
ORDER BY store_id, entered_at, visit_id;
