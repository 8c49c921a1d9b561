-- All shelf visits of a store from a time on, those of each visit in their order. Ids in the order of their bytes, which is the engine's too.
SELECT
    visit_id::text,
    array_agg(reading_id ORDER BY ts, reading_id COLLATE "C"),
    array_agg(ts ORDER BY ts, reading_id COLLATE "C"),
    array_agg(shelf_id ORDER BY ts, reading_id COLLATE "C"),
    array_agg(action ORDER BY ts, reading_id COLLATE "C"),
    array_agg(product_id ORDER BY ts, reading_id COLLATE "C"),
    array_agg(zone_id ORDER BY ts, reading_id COLLATE "C"),
    array_agg(duration_s ORDER BY ts, reading_id COLLATE "C")
FROM instore.shelf_visits
WHERE store_id = %(store_id)s AND ts >= instore.at(%(since)s::bigint)
GROUP BY visit_id;
