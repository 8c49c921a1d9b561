SELECT
    bucket AS time,
    instore.percentile(instore.sum(dwell_histogram), 0.5) AS "Median",
    instore.percentile(instore.sum(dwell_histogram), 0.9) AS "90th percentile"
FROM instore.zone_hour
WHERE
    store_id = ${store:sqlstring}
    AND zone_id IN (${zone:sqlstring})
    AND zone_id NOT IN (SELECT zone_id FROM instore.zones WHERE store_id = ${store:sqlstring} AND type IN ('outside', 'staff'))
    AND bucket >= $__timeFrom()::timestamptz
    AND bucket < $__timeTo()::timestamptz
GROUP BY bucket
ORDER BY bucket
