-- These shelf visits, which lie between `first` and `last`.
DELETE FROM instore.shelf_visits AS shelf_visit
USING unnest(%(visit_ids)s::uuid[], %(keys)s::text[], %(times)s::timestamptz[]) AS gone (visit_id, reading_id, ts)
WHERE
    shelf_visit.visit_id = gone.visit_id
    AND shelf_visit.reading_id = gone.reading_id
    AND shelf_visit.ts = gone.ts
    AND shelf_visit.store_id = ANY(%(store_ids)s::text[])
    AND shelf_visit.ts BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz;
