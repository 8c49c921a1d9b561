-- Category manager: what is taken from the shelf and put back again. From docs/tables.md.
SELECT
    product_id,
    count(*) FILTER (WHERE action = 'pickup') AS picked_up,
    count(*) FILTER (WHERE action = 'putback') AS put_back
FROM instore.shelf_visits
WHERE product_id IS NOT NULL
GROUP BY 1
ORDER BY put_back DESC
LIMIT 10;
