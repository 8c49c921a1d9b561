-- Store manager: receipts and turnover today, every 5 minutes.
SELECT bucket AS time, currency, payments, amount
FROM instore.sales_5m
WHERE store_id = %(store_id)s AND bucket >= %(day_ago)s AND bucket <= %(now)s
ORDER BY bucket, currency;
