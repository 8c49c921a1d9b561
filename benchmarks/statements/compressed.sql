-- The tables that hold the compressed chunks of readings: known by their columns, as the catalog has changed between versions.
SELECT relation.oid::regclass::text
FROM pg_class AS relation
INNER JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
WHERE
    schema.nspname = '_timescaledb_internal'
    AND (
        SELECT count(*) FROM pg_attribute AS attribute
        WHERE attribute.attrelid = relation.oid AND attribute.attname IN ('_ts_meta_count', 'rssi_dbm', 'receipt_id', 'received_at')
    ) = 4
ORDER BY 1;
