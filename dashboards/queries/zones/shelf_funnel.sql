WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told shelf

SELECT
    shelf_told.shelf_id AS "Shelf",
    sum(views) AS "Looked",
    sum(attentions) AS "Looked 5 s or longer",
    sum(pickups) AS "Picked up",
    sum(bought) AS "Bought"
FROM shelf_told
LEFT JOIN instore.shelves ON shelves.store_id = ${store:sqlstring} AND shelves.shelf_id = shelf_told.shelf_id
WHERE
    is_now
    AND (shelves.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[]) OR shelves.zone_id IS NULL)
GROUP BY shelf_told.shelf_id
ORDER BY sum(views) DESC, 1
LIMIT 12
