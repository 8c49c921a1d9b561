-- Rows read of stays, and rows written for figures: by the refresh for all that visits tell, for zones alone, by continuous aggregates.
SELECT
    coalesce(sum(read) FILTER (WHERE place = 'stays'), 0)::bigint,
    coalesce(sum(written) FILTER (WHERE place = 'kept'), 0)::bigint,
    coalesce(sum(written) FILTER (WHERE place = 'kept' AND relname LIKE 'zone%'), 0)::bigint,
    coalesce(sum(written) FILTER (WHERE place = 'theirs'), 0)::bigint
FROM (
    SELECT
        stat.relname,
        stat.n_tup_ins + stat.n_tup_upd + stat.n_tup_del AS written,
        coalesce(stat.seq_tup_read, 0) + coalesce(stat.idx_tup_fetch, 0) AS read,
        CASE
            WHEN stat.schemaname = 'instore_kept' AND stat.relname <> 'stale' THEN 'kept'
            WHEN chunk.hypertable_name = 'stays' THEN 'stays'
            WHEN chunk.hypertable_name LIKE '\_materialized\_hypertable%' THEN 'theirs'
        END AS place
    FROM pg_stat_user_tables AS stat
    LEFT JOIN timescaledb_information.chunks AS chunk ON chunk.chunk_schema = stat.schemaname AND chunk.chunk_name = stat.relname
) AS tables;
