-- Seconds since a sensor was heard, of those that a signal called silent and that were not heard since.
WITH
-- include parts/all_stores
,
-- include parts/silent

SELECT
    silent.store_id AS store,
    asked.store_name,
    silent.sensor_id AS sensor,
    asked.page,
    extract(EPOCH FROM $__timeTo()::timestamptz - silent.since)::double precision AS value
FROM silent
INNER JOIN asked ON asked.store_id = silent.store_id
