-- Engineer: how far is each sensor's clock off?
SELECT sensor_id, readings, skew_mean_s, late_share, last_heard_at
FROM instore.sensor_skew
WHERE store_id = %(store_id)s
ORDER BY sensor_id;
