-- Chain: turnover and mean basket of each store, a day, over the year.
SELECT bucket AS time, store_id, currency, amount, mean_amount
FROM instore.sales_day
WHERE bucket >= %(year_ago)s AND bucket <= %(now)s
ORDER BY bucket, store_id, currency;
