-- How long the longest visit of a store is, in whole hours: figures of a stretch of time look back so far.
UPDATE instore.stores AS store
SET longest_visit = ceil(seen.micros / 3600e6) * interval '1 hour'
FROM unnest(%(store_ids)s::text[], %(micros)s::bigint[]) AS seen (store_id, micros)
WHERE store.store_id = seen.store_id AND store.longest_visit < ceil(seen.micros / 3600e6) * interval '1 hour';
