-- Those of the plan, and those that are only heard of: a store without a plan has zones too.
SELECT
    zone_id AS __value,
    coalesce(nullif(min(name), ''), zone_id) AS __text
FROM (
    SELECT
        zone_id,
        name
    FROM instore.zones
    WHERE store_id = ${store:sqlstring}
    UNION ALL
    SELECT
        zone_id,
        NULL
    FROM instore.zone_day
    WHERE store_id = ${store:sqlstring} AND bucket >= $__timeFrom()::timestamptz AND bucket < $__timeTo()::timestamptz
) AS known
GROUP BY zone_id
ORDER BY 2, 1
