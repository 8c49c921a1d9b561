-- What is null stays as it is, but for the two that are told to become null.
UPDATE instore.table_settings
SET
    chunk_interval = coalesce(%(chunk_interval)s::interval, chunk_interval),
    compress_after = CASE WHEN NOT %(never)s THEN coalesce(%(compress_after)s::interval, compress_after) END,
    keep = CASE WHEN NOT %(forever)s THEN coalesce(%(keep)s::interval, keep) END
WHERE table_name = ANY(%(tables)s::text[]) OR cardinality(%(tables)s::text[]) = 0
RETURNING table_name;
