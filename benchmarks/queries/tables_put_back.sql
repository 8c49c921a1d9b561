-- Category manager: what is taken from the shelf and put back again. From docs/tables.md.
SELECT product_id, sum(pickups) AS picked_up, sum(putbacks) AS put_back, sum(bought) AS bought
FROM instore.shelf_day
WHERE product_id IS NOT NULL AND bucket >= %(now)s - interval '30 days'
GROUP BY 1
ORDER BY put_back DESC
LIMIT 10;
