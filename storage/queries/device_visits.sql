-- The visits of each device that began after a time of its own.
SELECT
    visit.visit_id::text,
    visit.store_id,
    visit.device_id,
    visit.entered_at,
    visit.left_at,
    visit.ended_by,
    visit.n_readings,
    visit.bounced,
    visit.pass_by,
    visit.is_staff,
    visit.is_final,
    visit.priority,
    visit.priority_scores::text
FROM unnest(%(devices)s::text[], %(afters)s::bigint[]) AS device (device_id, after)
INNER JOIN instore.visits AS visit
    ON visit.device_id = device.device_id AND visit.entered_at > instore.at(device.after)
WHERE
    visit.store_id = %(store_id)s
    AND visit.device_id = ANY(%(devices)s::text[])
    AND visit.entered_at > instore.at(%(first)s::bigint)
ORDER BY visit.entered_at, visit.visit_id;
