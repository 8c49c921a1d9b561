-- Category manager: what sells, in the currency paid. From docs/tables.md.
SELECT product_id, currency, sum(quantity) AS quantity, sum(turnover) AS turnover
FROM instore.product_day
WHERE bucket >= %(now)s - interval '30 days'
GROUP BY 1, 2
ORDER BY turnover DESC
LIMIT 10;
