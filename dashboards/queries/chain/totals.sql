-- The change is that of the stores that were there before.
WITH
-- include parts/stretches true
,
-- include parts/told footfall
,

visits AS (
    SELECT
        store_id,
        sum(entered) FILTER (WHERE is_now) AS entered,
        sum(entered) FILTER (WHERE NOT is_now) AS entered_before,
        sum(converted) FILTER (WHERE is_now) AS converted,
        store_id IN (SELECT stretches.store_id FROM stretches WHERE NOT stretches.is_now) AS was_there
    FROM footfall_told
    GROUP BY store_id
)

SELECT
    count(*) FILTER (WHERE entered > 0) AS "Stores",
    coalesce(sum(entered), 0) AS "Visits",
    coalesce(sum(entered) FILTER (WHERE was_there), 0)::double precision
    / nullif(sum(entered_before) FILTER (WHERE was_there), 0) - 1 AS "Change",
    sum(converted)::double precision / nullif(sum(entered), 0) AS "Conversion"
FROM visits
