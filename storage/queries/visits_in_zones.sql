-- The visits with a stay in a zone during a stretch of time, for any of these.
SELECT DISTINCT
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
FROM unnest(%(zones)s::text[], %(starts)s::bigint[], %(ends)s::bigint[]) AS asked (zone_id, since, until)
INNER JOIN instore.stays AS stay
    ON
        stay.zone_id = asked.zone_id
        AND stay.started_at <= instore.at(asked.until)
        AND stay.ended_at >= instore.at(asked.since)
INNER JOIN instore.visits AS visit ON visit.visit_id = stay.visit_id AND visit.store_id = stay.store_id
WHERE
    stay.store_id = %(store_id)s
    AND stay.started_at BETWEEN instore.at(%(reach)s::bigint) AND instore.at(%(last)s::bigint)
    AND visit.store_id = %(store_id)s
    AND visit.entered_at <= instore.at(%(last)s::bigint)
ORDER BY 4, 1;
