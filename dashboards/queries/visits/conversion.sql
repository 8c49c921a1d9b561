WITH
-- include parts/both_periods

SELECT
    sum(converted) FILTER (WHERE is_now)::double precision
    / nullif(sum(entered) FILTER (WHERE is_now), 0) AS "Bought",
    sum(converted) FILTER (WHERE NOT is_now)::double precision
    / nullif(sum(entered) FILTER (WHERE NOT is_now), 0) AS "Before"
FROM both_periods
