-- What readings take where they are not compressed, chunks included: pages of rows, and indexes.
SELECT
    sum(pg_table_size(relation.oid))::bigint AS table_bytes,
    sum(pg_indexes_size(relation.oid))::bigint AS index_bytes
FROM (
    SELECT 'instore.readings'::regclass AS oid
    UNION ALL
    SELECT inhrelid FROM pg_inherits WHERE inhparent = 'instore.readings'::regclass
) AS relation;
