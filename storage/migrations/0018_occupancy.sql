-- `instore.occupancy` read all 5 minutes of a store to find those of a day: a bound that comes by a join does not reach the tables below a
-- view, one that is a value does. Its meaning is as before.

CREATE OR REPLACE FUNCTION instore.occupancy(of_store text, since timestamptz, until timestamptz)
RETURNS TABLE (bucket timestamptz, zone_id text, people bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH cut AS (
        SELECT
            instore_kept.bucket_5m(since) AS first,
            date_trunc('day', instore_kept.bucket_5m(since), coalesce((SELECT timezone FROM instore.stores WHERE store_id = of_store), 'UTC')) AS day
    ),

    moves AS (
        SELECT footfall_day.bucket, NULL::text AS zone_id, entered - exited AS net
        FROM instore.footfall_day
        WHERE store_id = of_store AND footfall_day.bucket < (SELECT day FROM cut)
        UNION ALL
        SELECT footfall_5m.bucket, NULL, entered - exited
        FROM instore.footfall_5m
        WHERE store_id = of_store AND footfall_5m.bucket >= (SELECT day FROM cut) AND footfall_5m.bucket < until
        UNION ALL
        SELECT zone_day.bucket, zone_day.zone_id, entered - exited
        FROM instore.zone_day
        WHERE store_id = of_store AND zone_day.bucket < (SELECT day FROM cut)
        UNION ALL
        SELECT zone_5m.bucket, zone_5m.zone_id, entered - exited
        FROM instore.zone_5m
        WHERE store_id = of_store AND zone_5m.bucket >= (SELECT day FROM cut) AND zone_5m.bucket < until
    ),

    -- What was before is one move in the first 5 minutes; where nobody moves, the number stays.
    net AS (
        SELECT greatest(moves.bucket, cut.first) AS bucket, moves.zone_id, sum(moves.net) AS net
        FROM moves, cut
        GROUP BY 1, 2
        UNION ALL
        SELECT step, places.zone_id, 0
        FROM (SELECT zone_id FROM moves UNION SELECT NULL) AS places, cut, generate_series(cut.first, until, interval '5 minutes') AS step
        WHERE step < until
    )

    SELECT net.bucket, net.zone_id, sum(sum(net.net)) OVER (PARTITION BY net.zone_id ORDER BY net.bucket)::bigint
    FROM net
    GROUP BY net.bucket, net.zone_id
    ORDER BY net.zone_id NULLS FIRST, net.bucket;
END;
