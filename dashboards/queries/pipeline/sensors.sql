WITH
-- include parts/all_stores
,

-- include parts/is_open
,

-- include parts/sensors

SELECT
    is_so AS "Is",
    store_name AS "Store",
    sensor_id AS "Sensor",
    silent_s AS "Last heard",
    skew_s AS "Clock behind",
    late / nullif(stored, 0)::double precision AS "Late",
    rejected::bigint AS "Rejected",
    stored::bigint AS "Stored"
FROM sensors
WHERE is_so <> 'fine'
ORDER BY array_position(ARRAY['silent', 'never heard', 'clock is off', 'rejected', 'late'], is_so), silent_s DESC NULLS LAST, store_name, sensor_id
LIMIT 100
