SELECT
    store_id,
    bucket,
    zone_id,
    count(*) FILTER (WHERE came) AS entered,
    count(*) FILTER (WHERE NOT came) AS exited,
    count(*) FILTER (WHERE came AND nth = 1) AS visits,
    count(*) FILTER (WHERE came AND is_over) AS completed,
    coalesce(sum(dwell_s::numeric) FILTER (WHERE came AND is_over), 0) AS dwell_s,
    instore.histogram(dwell_s) FILTER (WHERE came AND is_over) AS dwell_histogram
FROM (
    SELECT *, TRUE AS came, pg_temp.cut(store_id, started_at) AS bucket FROM pg_temp.stays_of_visits
    UNION ALL
    SELECT *, FALSE, pg_temp.cut(store_id, ended_at) FROM pg_temp.stays_of_visits WHERE is_over
) AS moments
GROUP BY 1, 2, 3;
