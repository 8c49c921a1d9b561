-- When sensors were heard in stretches of time, both ends included.
SELECT DISTINCT
    reading.sensor_id,
    reading.ts
FROM unnest(%(sensors)s::text[], %(starts)s::bigint[], %(ends)s::bigint[]) AS asked (sensor_id, since, until)
INNER JOIN instore.readings AS reading
    ON reading.sensor_id = asked.sensor_id AND reading.ts BETWEEN instore.at(asked.since) AND instore.at(asked.until)
WHERE reading.store_id = %(store_id)s;
