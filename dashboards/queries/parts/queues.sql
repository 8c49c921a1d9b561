-- include parts/till_zones
,

-- Everybody in the zone waits; a till is open at its payments and for `queue_till_open_s` after.
open_tills AS (
    SELECT
        paid.store_id,
        coalesce(paid.zone_id, sensor.zone_id) AS zone_id,
        count(DISTINCT paid.sensor_id) AS tills
    FROM asked
    INNER JOIN instore_analysis.payments AS paid ON paid.store_id = asked.store_id
    LEFT JOIN instore.sensors AS sensor ON sensor.store_id = paid.store_id AND sensor.sensor_id = paid.sensor_id
    WHERE
        paid.ts > $__timeTo()::timestamptz - interval '1 day'
        AND paid.ts <= $__timeTo()::timestamptz
        AND paid.ts >= $__timeTo()::timestamptz
        - coalesce((asked.rules ->> 'queue_till_open_s')::double precision, 300) * interval '1 second'
    GROUP BY 1, 2
),

queues AS (
    SELECT
        zone.store_id,
        zone.store_name,
        zone.zone_id,
        zone.zone_name,
        zone.long_wait_s,
        zone.long_people,
        zone.cleared_share,
        zone.limit_s,
        coalesce(waiting.people, 0) AS people,
        coalesce(open_tills.tills, 0) AS tills,
        coalesce(waiting.people, 0) * zone.service_s / greatest(open_tills.tills, 1) AS wait_s,
        waiting.first_at
    FROM till_zones AS zone
    LEFT JOIN (
        SELECT
            store_id,
            zone_id,
            count(*) AS people,
            min(started_at) AS first_at
        FROM present
        GROUP BY store_id, zone_id
    ) AS waiting ON waiting.store_id = zone.store_id AND waiting.zone_id = zone.zone_id
    LEFT JOIN open_tills ON open_tills.store_id = zone.store_id AND open_tills.zone_id = zone.zone_id
)
