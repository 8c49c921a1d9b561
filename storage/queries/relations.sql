-- The tables and views that data people take with them, with or without devices: what they are, and by which time they are cut.
--
-- Without devices: what stands in instore_analysis, and of instore what names no device. A test holds this list against what analysts
-- may read.
SELECT DISTINCT ON (thing.relname)
    thing.relname::text AS name,
    coalesce(settings.time_column, figure.attname::text) AS time_column,
    settings.chunk_interval AS span,
    store.attnum IS NOT NULL AS has_store,
    -- Then an index on store and time can be used for a time alone.
    settings.time_column IS NOT NULL AND coalesce(base_store.attnotnull, false) AS by_store_and_time,
    obj_description(thing.oid, 'pg_class') AS comment,
    has_table_privilege(thing.oid, 'SELECT') AS may_read
FROM pg_class AS thing
INNER JOIN pg_namespace AS space ON space.oid = thing.relnamespace
LEFT JOIN instore.table_settings AS settings ON settings.table_name = thing.relname
LEFT JOIN pg_attribute AS figure ON figure.attrelid = thing.oid AND figure.attname IN ('bucket', 'hour')
LEFT JOIN pg_attribute AS store ON store.attrelid = thing.oid AND store.attname = 'store_id'
LEFT JOIN pg_class AS base ON base.relname = thing.relname AND base.relnamespace = 'instore'::regnamespace
LEFT JOIN pg_attribute AS base_store ON base_store.attrelid = base.oid AND base_store.attname = 'store_id'
WHERE
    thing.relkind IN ('r', 'v', 'm', 'p', 'f')
    AND CASE
        WHEN %(devices)s THEN space.nspname = 'instore' AND thing.relname <> 'pseudonym_key'
        ELSE space.nspname IN ('instore_analysis', 'instore') AND thing.relname NOT IN ('pseudonym_key', 'ingest_offsets')
    END
ORDER BY thing.relname, space.nspname = 'instore';
