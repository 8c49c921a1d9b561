-- Ids in the order of their bytes, which is the engine's order too.
SELECT
    visit_id::text,
    reading_id,
    ts,
    shelf_id,
    action,
    product_id,
    zone_id,
    duration_s
FROM instore.shelf_visits
WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND store_id = ANY(%(store_ids)s::text[]) AND ts >= instore.at(%(since)s::bigint)
ORDER BY visit_id, ts, reading_id COLLATE "C";
