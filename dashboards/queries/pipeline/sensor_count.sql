WITH
-- include parts/all_stores
,
-- include parts/is_open
,
-- include parts/sensors

-- Nothing, where nothing was received of any: that is no fault of sensors.
SELECT
    count(*) FILTER (WHERE is_so IN ('silent', 'never heard')) AS "Silent",
    count(*) FILTER (WHERE is_so = 'clock is off') AS "Clock off",
    count(*) FILTER (WHERE is_so IN ('late', 'rejected')) AS "Late or rejected"
FROM sensors
HAVING count(heard_at) > 0
