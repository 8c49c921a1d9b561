-- The hypertables of instore whose chunks can be compressed, and after how long the policy does so; 7 days where there is none.
SELECT
    format('%%I.%%I', h.hypertable_schema, h.hypertable_name) AS hypertable,
    coalesce(max((j.config ->> 'compress_after')::interval), interval '7 days') AS after
FROM timescaledb_information.hypertables AS h
LEFT JOIN timescaledb_information.jobs AS j
    ON
        j.hypertable_schema = h.hypertable_schema AND j.hypertable_name = h.hypertable_name
        AND j.proc_name IN ('policy_compression', 'policy_convert_to_columnstore')
WHERE h.hypertable_schema = %(schema)s AND h.compression_enabled
GROUP BY 1
ORDER BY 1;
