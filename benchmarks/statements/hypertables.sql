-- The hypertables of instore whose chunks are compressed, and after how long.
SELECT
    format('instore.%%I', setting.table_name),
    setting.compress_after
FROM instore.table_settings AS setting
INNER JOIN timescaledb_information.hypertables AS cut
    ON cut.hypertable_schema = %(schema)s AND cut.hypertable_name = setting.table_name AND cut.compression_enabled
WHERE setting.compress_after IS NOT NULL
ORDER BY setting.table_name;
