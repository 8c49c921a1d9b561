-- Store manager: the last visit of this week of one visitor, stay by stay, with what was touched there.
SELECT stay.seq, stay.zone_id, stay.started_at, stay.dwell_s, array_agg(touch.action || ' ' || touch.product_id ORDER BY touch.ts) AS touched
FROM (
    SELECT visit_id FROM instore.visits
    WHERE store_id = %(store_id)s AND device_id = %(device_id)s AND entered_at >= %(week_ago)s
    ORDER BY entered_at DESC
    LIMIT 1
) AS visit
INNER JOIN instore.stays AS stay ON stay.visit_id = visit.visit_id AND stay.started_at >= %(week_ago)s
LEFT JOIN instore.shelf_visits AS touch
    ON touch.visit_id = stay.visit_id AND touch.ts >= stay.started_at AND touch.ts <= stay.ended_at AND touch.ts >= %(week_ago)s
GROUP BY stay.seq, stay.zone_id, stay.started_at, stay.dwell_s
ORDER BY stay.seq;
