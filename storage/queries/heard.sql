-- The nearest readings of sensors before and after some moments, no further away than `within`.
SELECT DISTINCT
    asked.sensor_id,
    near.ts
FROM unnest(%(sensors)s::text[], %(times)s::bigint[]) AS asked (sensor_id, ts)
CROSS JOIN LATERAL (
    (
        SELECT reading.ts FROM instore.readings AS reading
        WHERE
            reading.store_id = %(store_id)s AND reading.sensor_id = asked.sensor_id
            AND reading.ts < instore.at(asked.ts) AND reading.ts >= instore.at(asked.ts - %(within)s::bigint)
        ORDER BY reading.ts DESC
        LIMIT 1
    )
    UNION ALL
    (
        SELECT reading.ts FROM instore.readings AS reading
        WHERE
            reading.store_id = %(store_id)s AND reading.sensor_id = asked.sensor_id
            AND reading.ts > instore.at(asked.ts) AND reading.ts <= instore.at(asked.ts + %(within)s::bigint)
        ORDER BY reading.ts
        LIMIT 1
    )
) AS near;
