-- How many customers entered in each hour of the store's day.
SELECT
    date_trunc('hour', visits.entered_at AT TIME ZONE coalesce(stores.timezone, 'UTC')) AS hour,
    count(*) AS visits
FROM instore.visits
INNER JOIN instore.stores ON visits.store_id = stores.store_id
WHERE
    visits.store_id = %(store_id)s
    AND visits.entered_at >= instore.at(%(since)s::bigint)
    AND visits.entered_at < instore.at(%(until)s::bigint)
    AND NOT visits.is_staff
    AND NOT visits.pass_by
GROUP BY 1
ORDER BY 1;
