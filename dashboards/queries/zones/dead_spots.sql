-- All places of the plan, those too where nothing happened at all, and zones that are only heard of; each against the median of its kind.
WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told footfall
,
-- include parts/told zone
,
-- include parts/told shelf
,

visits AS (
    SELECT nullif(sum(entered), 0)::double precision AS n
    FROM footfall_told
    WHERE is_now
),

heard AS (
    SELECT
        zone_id,
        sum(visits) AS visits
    FROM zone_told
    WHERE is_now
    GROUP BY zone_id
),

places AS (
    SELECT
        'Zone' AS kind,
        coalesce(nullif(zones.name, ''), zones.zone_id, heard.zone_id) AS place,
        coalesce(zones.zone_id, heard.zone_id) AS zone_id,
        coalesce(heard.visits, 0) AS reached
    FROM (SELECT * FROM instore.zones WHERE store_id = ${store:sqlstring}) AS zones
    FULL JOIN heard ON heard.zone_id = zones.zone_id
    WHERE coalesce(zones.type, 'general') IN ('general', 'interest')
    UNION ALL
    SELECT
        'Shelf',
        shelves.shelf_id,
        shelves.zone_id,
        coalesce(sum(views), 0)
    FROM instore.shelves
    LEFT JOIN shelf_told ON shelf_told.shelf_id = shelves.shelf_id AND is_now
    WHERE shelves.store_id = ${store:sqlstring}
    GROUP BY shelves.shelf_id, shelves.zone_id
),

usual AS (
    SELECT
        kind,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY reached) AS reached
    FROM places
    GROUP BY kind
)

SELECT
    place AS "Place",
    kind AS "Kind",
    100 * places.reached / visits.n AS "A hundred visits",
    places.reached / nullif(usual.reached, 0) AS "Against the median",
    CASE WHEN places.reached < 0.5 * usual.reached THEN 'dead spot' ELSE 'as usual' END AS "Mark"
FROM places
INNER JOIN usual USING (kind)
CROSS JOIN visits
WHERE zone_id = ANY(ARRAY[${zone:sqlstring}]::text[]) AND visits.n IS NOT NULL
ORDER BY 4, 1
LIMIT 12
