-- Megabytes that are kept: of all that visits tell, of zones alone, by the continuous aggregates.
SELECT
    sum(pg_total_relation_size(oid)) / 1e6,
    sum(pg_total_relation_size(oid)) FILTER (WHERE relname LIKE 'zone%') / 1e6,
    (
        SELECT sum(hypertable_size(format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass)) / 1e6
        FROM timescaledb_information.continuous_aggregates
    )
FROM pg_class
WHERE relnamespace = 'instore_kept'::regnamespace AND relkind = 'r' AND relname ~ '_(5m|hour|day)$';
