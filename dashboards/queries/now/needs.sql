WITH
-- include parts/one_store
,

-- include parts/present
,

-- include parts/queues
,

-- include parts/needs

SELECT
    CASE WHEN still THEN 'now' ELSE 'over' END AS "Is",
    message AS "What happens, and what to do",
    at AS "Since",
    visit_id::text AS visit_id,
    (extract(EPOCH FROM $__timeTo()::timestamptz - interval '12 hours') * 1000)::bigint::text AS from_ms,
    (extract(EPOCH FROM $__timeTo()::timestamptz + interval '1 hour') * 1000)::bigint::text AS to_ms
FROM needs
ORDER BY still DESC, at DESC
LIMIT 30
