-- Of the histogram's bins, cells are made that people think in; the bins' edges are those of instore.duration_edges().
SELECT
    bucket AS time,
    (SELECT sum(n) FROM unnest(duration_histogram[1:17]) AS n) AS "under 2 min",
    (SELECT sum(n) FROM unnest(duration_histogram[18:22]) AS n) AS "2 to 5 min",
    (SELECT sum(n) FROM unnest(duration_histogram[23:27]) AS n) AS "5 to 10 min",
    (SELECT sum(n) FROM unnest(duration_histogram[28:32]) AS n) AS "10 to 20 min",
    (SELECT sum(n) FROM unnest(duration_histogram[33:34]) AS n) AS "20 to 30 min",
    (SELECT sum(n) FROM unnest(duration_histogram[35:37]) AS n) AS "30 to 45 min",
    (SELECT sum(n) FROM unnest(duration_histogram[38:39]) AS n) AS "45 to 60 min",
    (SELECT sum(n) FROM unnest(duration_histogram[40:49]) AS n) AS "over an hour"
FROM instore.footfall_hour
WHERE
    store_id = ${store:sqlstring}
    AND bucket >= $__timeFrom()::timestamptz - interval '1 hour'
    AND bucket < $__timeTo()::timestamptz
ORDER BY bucket
