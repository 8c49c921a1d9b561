-- Share of visits with a payment, of those that began in two hours that lie an hour back (who came later may still be about to pay), where
-- 30 or more did.
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
    footfall.bucket >= date_trunc('hour', $__timeTo()::timestamptz - interval '3 hours', asked.timezone)
    AND footfall.bucket < date_trunc('hour', $__timeTo()::timestamptz - interval '1 hour', asked.timezone)
GROUP BY asked.store_id, asked.store_name, asked.page
HAVING sum(footfall.entered) >= 30
