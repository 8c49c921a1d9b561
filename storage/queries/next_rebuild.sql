-- The first request that is not finished, of these stores.
SELECT
    rebuild_id,
    store_id,
    since,
    until
FROM instore.rebuilds
WHERE finished_at IS NULL AND store_id = ANY(%(store_ids)s::text[])
ORDER BY rebuild_id
LIMIT 1;
