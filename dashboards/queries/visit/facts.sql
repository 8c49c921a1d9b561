-- One row in any case: a visit that is not there is said, in Grafana and in the preview alike.
WITH
-- include parts/visit

SELECT
    CASE
        WHEN entered_at IS NULL AND picked = '' THEN 'none is picked'
        WHEN entered_at IS NULL THEN 'is not known in this store and time'
        WHEN is_final THEN 'is final'
        ELSE 'may change yet'
    END AS "This visit",
    CASE WHEN entered_at IS NULL THEN 'pick one on Journeys' ELSE 'on Journeys' END AS "All visits",
    entered_at AS "Came",
    left_at AS "Left",
    duration_s AS "Stayed",
    CASE
        WHEN converted THEN 'bought'
        WHEN ended_by IS NULL AND entered_at IS NOT NULL THEN 'inside'
        WHEN bounced THEN 'left at once'
        WHEN entered_at IS NOT NULL THEN 'left without buying'
    END AS "Outcome",
    basket_total AS "Paid",
    currency AS "Currency",
    cardinality(path) AS "Zones",
    CASE WHEN entered_at IS NOT NULL THEN coalesce(priority, 'not judged') END AS "Values"
FROM array_to_string(ARRAY[${visit:sqlstring}]::text[], '') AS picked
LEFT JOIN whole_visit ON true
