-- Those of the plan, and those that are only heard of: a store without a plan has zones too. The panels leave out the same ones.
WITH heard AS (
    SELECT DISTINCT zone_id
    FROM instore.zone_day
    WHERE
        store_id = ${store:sqlstring}
        AND bucket > $__timeFrom()::timestamptz - interval '25 hours'  -- the day, which may be a long one, that the period begins in
        AND bucket < $__timeTo()::timestamptz
)

SELECT
    coalesce(zones.zone_id, heard.zone_id) AS __value,
    coalesce(nullif(zones.name, ''), zones.zone_id, heard.zone_id) AS __text
FROM heard
FULL JOIN (SELECT * FROM instore.zones WHERE store_id = ${store:sqlstring}) AS zones ON zones.zone_id = heard.zone_id
WHERE coalesce(zones.type, 'general') NOT IN ('outside', 'staff')
ORDER BY 2, 1
