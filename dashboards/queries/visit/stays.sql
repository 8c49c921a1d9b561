-- A state lasts until the next row; so there is a row for each moment at which anything begins or ends, which says all that is so then.
WITH
-- include parts/visit
,

states AS (
    SELECT
        CASE zones.type WHEN 'checkout' THEN 'till' WHEN 'outside' THEN 'door' WHEN 'entrance' THEN 'door' ELSE 'shop' END AS lane,
        coalesce(nullif(zones.name, ''), stays.zone_id) AS place,
        started_at,
        ended_at
    FROM visit
    CROSS JOIN instore_analysis.stays
    LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = stays.zone_id
    WHERE
        stays.store_id = ${store:sqlstring}
        AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
        AND started_at BETWEEN visit.entered_at AND visit.left_at + interval '5 minutes'
    UNION ALL
    SELECT
        'shelf',
        shelf_id,
        ts - interval '1 second' * greatest(coalesce(duration_s, 0), 1),
        ts
    FROM visit
    CROSS JOIN instore_analysis.shelf_visits
    WHERE
        store_id = ${store:sqlstring}
        AND visit_id::text = ANY(ARRAY[${visit:sqlstring}]::text[])
        AND ts BETWEEN visit.entered_at AND visit.left_at + interval '5 minutes'
),

moments AS (
    SELECT started_at AS moment FROM states
    UNION
    SELECT ended_at FROM states
)

SELECT
    moment AS time,
    min(place) FILTER (WHERE lane = 'door') AS "At the door",
    min(place) FILTER (WHERE lane = 'shop') AS "In the shop",
    min(place) FILTER (WHERE lane = 'till') AS "At the till",
    min(place) FILTER (WHERE lane = 'shelf') AS "At a shelf"
FROM moments
LEFT JOIN states ON started_at <= moment AND ended_at > moment
GROUP BY moment
ORDER BY moment
