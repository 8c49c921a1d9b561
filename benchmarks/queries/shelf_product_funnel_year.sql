-- Category manager: the funnel of each product over the year, all stores.
SELECT product_id, sum(pickups) AS pickups, sum(putbacks) AS putbacks, sum(bought) AS bought
FROM instore.shelf_day
WHERE bucket >= %(year_ago)s AND bucket <= %(now)s AND product_id IS NOT NULL
GROUP BY product_id
ORDER BY putbacks DESC
LIMIT 50;
