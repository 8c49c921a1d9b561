-- What a table takes, its chunks included: rows (without counting where a chunk is compressed), pages of rows, indexes.
SELECT
    sum(pg_table_size(relation.oid))::bigint AS table_bytes,
    sum(pg_indexes_size(relation.oid))::bigint AS index_bytes
FROM (
    SELECT 'instore.readings'::regclass AS oid
    UNION ALL
    SELECT inhrelid FROM pg_inherits WHERE inhparent = 'instore.readings'::regclass
) AS relation;
