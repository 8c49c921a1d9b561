SELECT
    today.bucket AS time,
    today.people AS "Inside",
    before.people AS "A week before"
FROM instore.occupancy(${store:sqlstring}, $__timeFrom()::timestamptz, $__timeTo()::timestamptz) AS today
LEFT JOIN
    instore.occupancy(
        ${store:sqlstring}, $__timeFrom()::timestamptz - interval '7 days', $__timeTo()::timestamptz - interval '7 days'
    ) AS before
    ON before.bucket = today.bucket - interval '7 days' AND before.zone_id IS NULL
WHERE today.zone_id IS NULL
ORDER BY today.bucket
