-- What the ids of each store have in common on each day (behind the sensor's name), and how many readings it has.
SELECT
    reading.store_id,
    (reading.ts AT TIME ZONE %(timezone)s)::date AS day,
    min(substr(reading.id, length(reading.sensor_id) + 2, 8)) AS tag,
    count(*) AS readings
FROM instore_bench.readings AS reading
GROUP BY 1, 2
ORDER BY 1, 2;
