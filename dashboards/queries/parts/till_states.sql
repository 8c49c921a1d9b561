-- What to do at each zone of tills. `open a till` is what the list of needs holds as now, so that list, count and colours agree.
till_states AS (
    SELECT
        queues.*,
        CASE
            WHEN EXISTS (
                SELECT FROM needs
                WHERE needs.still AND needs.kind = 'queue_long' AND needs.zone_id = queues.zone_id
            ) THEN 'open a till'
            WHEN tills = 0 AND first_at < $__timeTo()::timestamptz - interval '2 minutes' THEN 'nobody serves?'
            WHEN long_wait_s > 0 AND wait_s >= cleared_share * long_wait_s THEN 'watch'
            WHEN long_people > 0 AND people >= long_people THEN 'watch'
            WHEN people > 0 THEN 'fine'
            ELSE 'nobody waits'
        END AS todo
    FROM queues
)
