-- The same share in the same hours of the four weeks before, where 100 or more came.
WITH
-- include parts/all_stores

SELECT
    asked.store_id AS store,
    asked.store_name,
    asked.page,
    sum(footfall.converted) / sum(footfall.entered)::double precision AS value
FROM asked
INNER JOIN instore.footfall_hour AS footfall ON footfall.store_id = asked.store_id
WHERE
    footfall.bucket >= $__timeTo()::timestamptz - interval '28 days 4 hours'
    AND footfall.bucket < $__timeTo()::timestamptz - interval '12 hours'
    AND extract(HOUR FROM footfall.bucket AT TIME ZONE asked.timezone) IN (
        extract(HOUR FROM ($__timeTo()::timestamptz - interval '3 hours') AT TIME ZONE asked.timezone),
        extract(HOUR FROM ($__timeTo()::timestamptz - interval '2 hours') AT TIME ZONE asked.timezone)
    )
GROUP BY asked.store_id, asked.store_name, asked.page
HAVING sum(footfall.entered) >= 100
