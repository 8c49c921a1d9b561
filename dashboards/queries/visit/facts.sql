WITH
-- include parts/visit

SELECT
    entered_at AS "Came",
    left_at AS "Left",
    duration_s AS "Stayed",
    CASE WHEN converted THEN 'bought' WHEN ended_by IS NULL THEN 'inside' WHEN bounced THEN 'left at once' ELSE 'left without buying' END AS "Outcome",
    basket_total AS "Paid",
    currency AS "Currency",
    cardinality(path) AS "Zones",
    coalesce(priority, 'not judged') AS "Values",
    CASE WHEN is_final THEN 'final' ELSE 'may change yet' END AS "Told"
FROM whole_visit
