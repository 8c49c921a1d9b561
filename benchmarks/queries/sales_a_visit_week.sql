-- Store manager: turnover a visitor, a week by hour.
SELECT footfall.bucket AS time, footfall.entered, sales.amount, sales.amount / nullif(footfall.entered, 0) AS amount_a_visit
FROM instore.footfall_hour AS footfall
LEFT JOIN instore.sales_hour AS sales
    ON sales.store_id = footfall.store_id AND sales.bucket = footfall.bucket
    AND sales.bucket >= %(week_ago)s AND sales.bucket <= %(now)s
WHERE footfall.store_id = %(store_id)s AND footfall.bucket >= %(week_ago)s AND footfall.bucket <= %(now)s
ORDER BY footfall.bucket;
