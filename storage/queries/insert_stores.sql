-- Stores become known by their readings. In order of their ids, as several workers may do this at once.
INSERT INTO instore.stores (store_id)
SELECT store_id
FROM unnest(%(store_ids)s::text[]) AS seen (store_id)
ORDER BY store_id
ON CONFLICT (store_id) DO NOTHING;
