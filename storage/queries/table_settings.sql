SELECT
    table_name,
    chunk_interval,
    compress_after,
    keep,
    kept_since
FROM instore.table_settings
WHERE table_name = ANY(%(tables)s::text[]) OR cardinality(%(tables)s::text[]) = 0
ORDER BY table_name;
