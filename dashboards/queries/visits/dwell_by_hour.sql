-- Of the histogram's bins, cells are made that people think in; the bins' edges are those of instore.duration_edges().
-- Hours in which nobody came have their cells too, so that all are of one width.
SELECT
    hour AS time,
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[1:17]) AS n) AS "under 2 min",
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[18:22]) AS n) AS "2 to 5 min",
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[23:27]) AS n) AS "5 to 10 min",
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[28:32]) AS n) AS "10 to 20 min",
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[33:34]) AS n) AS "20 to 30 min",
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[35:37]) AS n) AS "30 to 45 min",
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[38:39]) AS n) AS "45 to 60 min",
    (SELECT coalesce(sum(n), 0) FROM unnest(duration_histogram[40:49]) AS n) AS "over an hour"
FROM instore.stores
CROSS JOIN generate_series(
    date_trunc('hour', $__timeFrom()::timestamptz, timezone), $__timeTo()::timestamptz - interval '1 second', interval '1 hour'
) AS hour
LEFT JOIN instore.footfall_hour
    ON footfall_hour.store_id = ${store:sqlstring}
    AND bucket = hour
    AND bucket >= $__timeFrom()::timestamptz - interval '1 hour'
    AND bucket < $__timeTo()::timestamptz
WHERE stores.store_id = ${store:sqlstring}
ORDER BY hour
