SELECT
    store_id,
    bucket,
    count(*) FILTER (WHERE came AND NOT pass_by) AS entered,
    count(*) FILTER (WHERE NOT came AND NOT pass_by) AS exited,
    count(*) FILTER (WHERE came AND pass_by) AS passed_by,
    count(*) FILTER (WHERE came AND NOT pass_by AND ended_by IS NOT NULL) AS completed,
    count(*) FILTER (WHERE came AND NOT pass_by AND converted) AS converted,
    count(*) FILTER (WHERE came AND NOT pass_by AND bounced) AS bounced,
    coalesce(sum(duration_s::numeric) FILTER (WHERE came AND NOT pass_by AND ended_by IS NOT NULL), 0) AS duration_s,
    instore.histogram(duration_s) FILTER (WHERE came AND NOT pass_by AND ended_by IS NOT NULL) AS duration_histogram
FROM (
    SELECT *, TRUE AS came, pg_temp.cut(store_id, entered_at) AS bucket FROM instore.visits
    UNION ALL
    SELECT *, FALSE, pg_temp.cut(store_id, left_at) FROM instore.visits WHERE ended_by IS NOT NULL AND NOT pass_by
) AS moments
WHERE NOT is_staff
GROUP BY 1, 2;
