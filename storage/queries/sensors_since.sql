-- When sensors were heard: first and last in each piece of time of a length.
SELECT
    sensor_id,
    min(ts),
    max(ts)
FROM instore.readings
WHERE store_id = %(store_id)s AND ts >= instore.at(%(since)s::bigint)
GROUP BY sensor_id, date_bin(%(piece)s * interval '1 microsecond', ts, timestamptz '2000-01-01 00:00:00+00');
