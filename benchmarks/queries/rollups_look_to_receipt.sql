-- Category manager: from a look to the receipt, by product. From docs/rollups.md.
SELECT product_id, sum(views) AS looked, sum(pickups) AS picked_up, sum(putbacks) AS put_back, sum(bought) AS bought
FROM instore.shelf_day
WHERE store_id = %(store_id)s AND bucket >= %(now)s - interval '30 days'
GROUP BY 1
ORDER BY looked DESC;
