-- Engineer: sensors whose clock is off by more than ten seconds. From docs/tables.md.
SELECT sensor_id, readings, skew_min_s, skew_mean_s, skew_max_s, late_share, rejected_future
FROM instore.sensor_skew
WHERE store_id = %(store_id)s AND (abs(skew_min_s) > 10 OR rejected_future > 0)
ORDER BY rejected_future DESC, abs(skew_min_s) DESC;
