WITH
-- include parts/one_store
,

-- include parts/present
,

-- include parts/queues

SELECT
    zone_name AS "Till",
    CASE
        WHEN (long_people > 0 AND people >= long_people) OR (long_wait_s > 0 AND wait_s >= long_wait_s) THEN 'open a till'
        WHEN tills = 0 AND first_at < $__timeTo()::timestamptz - interval '2 minutes' THEN 'nobody serves?'
        WHEN long_wait_s > 0 AND wait_s >= cleared_share * long_wait_s THEN 'watch'
        WHEN people > 0 THEN 'fine'
        ELSE 'nobody waits'
    END AS "What to do",
    wait_s AS "Expected wait",
    people AS "Waiting",
    tills AS "Open tills",
    extract(EPOCH FROM $__timeTo()::timestamptz - first_at)::double precision AS "Longest here"
FROM queues
ORDER BY wait_s DESC, zone_name
