SELECT
    visit_id::text,
    zone_id,
    started_at,
    ended_at
FROM instore.stays
WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND store_id = ANY(%(store_ids)s::text[]) AND started_at >= instore.at(%(since)s::bigint)
ORDER BY visit_id, seq;
