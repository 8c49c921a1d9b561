WITH
-- include parts/one_store
,
-- include parts/present
,
-- include parts/queues
,
-- include parts/silent
,
-- include parts/needs
,
-- include parts/till_states

SELECT
    zone_name AS "Till",
    todo AS "What to do",
    wait_s AS "Expected wait",
    people AS "Waiting",
    tills AS "Open tills",
    extract(EPOCH FROM $__timeTo()::timestamptz - first_at)::double precision AS "Longest here"
FROM till_states
ORDER BY wait_s DESC, zone_name
