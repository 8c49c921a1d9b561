-- Sensors tell which shelf is looked at, not which product: looks are those at the whole shelf.
WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told shelf
,

touched AS (
    SELECT
        shelf_id,
        product_id,
        sum(views) AS views,
        sum(pickups) AS pickups,
        sum(putbacks) AS putbacks,
        sum(bought) AS bought,
        sum(sum(views)) OVER (PARTITION BY shelf_id) AS shelf_views
    FROM shelf_told
    WHERE is_now
    GROUP BY shelf_id, product_id
)

SELECT
    coalesce(nullif(products.name, ''), touched.product_id) AS "Product",
    touched.shelf_id AS "Shelf",
    shelf_views AS "Looks at its shelf",
    pickups AS "Picked up",
    putbacks AS "Put back",
    bought AS "Bought",
    bought::double precision / nullif(pickups, 0) AS "Bought of picked up"
FROM touched
LEFT JOIN instore.shelves ON shelves.store_id = ${store:sqlstring} AND shelves.shelf_id = touched.shelf_id
LEFT JOIN instore.products ON products.store_id = ${store:sqlstring} AND products.product_id = touched.product_id
WHERE touched.product_id IS NOT NULL AND (shelves.zone_id = ANY(ARRAY[${zone:sqlstring}]::text[]) OR shelves.zone_id IS NULL)
ORDER BY pickups DESC, 1
LIMIT 50
