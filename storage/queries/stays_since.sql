-- All stays of a store from a time on, those of each visit in their order.
SELECT
    visit_id::text,
    array_agg(zone_id ORDER BY seq),
    array_agg(started_at ORDER BY seq),
    array_agg(ended_at ORDER BY seq)
FROM instore.stays
WHERE store_id = %(store_id)s AND started_at >= instore.at(%(since)s::bigint)
GROUP BY visit_id;
