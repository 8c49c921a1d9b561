-- Planner: which share of the visitors sees each zone?
SELECT zone.zone_id, zone.visits / nullif(store.entered, 0) AS exposure_rate
FROM (
    SELECT zone_id, sum(visits) AS visits
    FROM instore.zone_day
    WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
    GROUP BY zone_id
) AS zone
CROSS JOIN (
    SELECT sum(entered) AS entered
    FROM instore.footfall_day
    WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
) AS store
ORDER BY exposure_rate DESC;
