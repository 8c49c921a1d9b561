-- Store manager: footfall, conversion and turnover by hour, over a week. From docs/rollups.md.
SELECT f.bucket, f.entered, f.conversion_rate, s.amount, s.currency
FROM instore.footfall_hour AS f
LEFT JOIN instore.sales_hour AS s USING (store_id, bucket)
WHERE f.store_id = %(store_id)s AND f.bucket >= %(now)s - interval '7 days'
ORDER BY f.bucket;
