-- Figures of these 5 minutes are to be computed anew.
SELECT instore_kept.mark(%(source)s, %(store_ids)s::text[], %(buckets)s::timestamptz[]);
