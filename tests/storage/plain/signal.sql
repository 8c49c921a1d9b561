SELECT store_id, pg_temp.cut(store_id, at) AS bucket, kind, zone_id, count(*) AS signals
FROM instore.signals
GROUP BY 1, 2, 3, 4;
