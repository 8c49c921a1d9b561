WITH
-- include parts/all_stores
,
-- include parts/is_open
,
-- include parts/sensors
,

lines AS (
    SELECT
        is_so,
        store_name,
        sensor_id,
        silent_s,
        skew_s,
        late / nullif(stored, 0)::double precision AS late,
        rejected::bigint AS rejected,
        stored::bigint AS stored
    FROM sensors
    WHERE is_so NOT IN ('fine', 'nothing received')
    UNION ALL
    SELECT
        is_so,
        store_name,
        'all ' || count(*),
        NULL,
        NULL,
        NULL,
        NULL,
        NULL
    FROM sensors
    WHERE is_so = 'nothing received'
    GROUP BY is_so, store_id, store_name
)

SELECT
    is_so AS "Is",
    store_name AS "Store",
    sensor_id AS "Sensor",
    silent_s AS "Last heard",
    skew_s AS "Clock behind",
    late AS "Late",
    rejected AS "Rejected",
    stored AS "Stored"
FROM lines
ORDER BY
    array_position(ARRAY['silent', 'never heard', 'clock is off', 'rejected', 'late', 'nothing received'], is_so),
    silent_s DESC NULLS LAST,
    store_name,
    sensor_id
LIMIT 100
