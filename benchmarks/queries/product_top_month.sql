-- Category manager: what sold best in a month.
SELECT product.product_id, named.name, product.currency, product.quantity, product.turnover
FROM (
    SELECT product_id, currency, sum(quantity) AS quantity, sum(turnover) AS turnover
    FROM instore.product_day
    WHERE store_id = %(store_id)s AND bucket >= %(month_ago)s AND bucket <= %(now)s
    GROUP BY product_id, currency
) AS product
LEFT JOIN instore.products AS named ON named.store_id = %(store_id)s AND named.product_id = product.product_id
ORDER BY product.turnover DESC
LIMIT 20;
