-- What visitors value, over all their visits: the priority of a visit is judged by the worker (`docs/priority.md`), this sums it up.

-- view: visitor_priorities --

CREATE VIEW instore.visitor_priorities AS
SELECT
    scores.store_id,
    device_id,
    visits,
    speed,
    selection,
    price,
    recognition,
    CASE
        -- The threshold of a visit: below it, nothing stands out.
        WHEN greatest(speed, selection, price, recognition) < coalesce((store.layout #>> '{rules,priority_threshold}')::double precision, 0.6)
            THEN 'none'
        WHEN speed = greatest(speed, selection, price, recognition) THEN 'speed'
        WHEN selection = greatest(speed, selection, price, recognition) THEN 'selection'
        WHEN price = greatest(speed, selection, price, recognition) THEN 'price'
        ELSE 'recognition'
    END AS priority
FROM (
    SELECT
        store_id,
        device_id,
        count(*) AS visits,
        avg((priority_scores ->> 'speed')::double precision) AS speed,
        avg((priority_scores ->> 'selection')::double precision) AS selection,
        avg((priority_scores ->> 'price')::double precision) AS price,
        avg((priority_scores ->> 'recognition')::double precision) AS recognition
    FROM instore.visits
    WHERE (priority_scores ->> 'enough')::boolean
    GROUP BY store_id, device_id
) AS scores
LEFT JOIN instore.stores AS store ON store.store_id = scores.store_id;

COMMENT ON VIEW instore.visitor_priorities IS 'What each visitor values, a heuristic: the mean scores of the visits that say enough, live ones included.';
COMMENT ON COLUMN instore.visitor_priorities.store_id IS 'The store.';
COMMENT ON COLUMN instore.visitor_priorities.device_id IS 'The device; one that the store lends out stands for many visitors.';
COMMENT ON COLUMN instore.visitor_priorities.visits IS 'Visits with enough evidence to judge by; others are left out.';
COMMENT ON COLUMN instore.visitor_priorities.speed IS 'Mean score for speed, from 0 to 1.';
COMMENT ON COLUMN instore.visitor_priorities.selection IS 'Mean score for selection, from 0 to 1.';
COMMENT ON COLUMN instore.visitor_priorities.price IS 'Mean score for price, from 0 to 1.';
COMMENT ON COLUMN instore.visitor_priorities.recognition IS 'Mean score for recognition, from 0 to 1.';
COMMENT ON COLUMN instore.visitor_priorities.priority IS 'The priority with the best mean, or none where that is less than the rule priority_threshold of the store (0.6).';
