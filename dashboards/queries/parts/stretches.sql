-- The period (is_now) and the one of the same length before it, in whole hours of the store, and what is left at their ends in five minutes:
-- the fewest buckets that tell both. Of the stores that meet a condition ($1). Nothing is compared with a period that began before the
-- store did: somebody must have come in the fortnight before that.
stretches AS (
    SELECT
        store_id,
        is_now,
        per,
        since,
        until
    FROM instore.stores
    CROSS JOIN LATERAL (
        VALUES
        (true, $__timeFrom()::timestamptz, $__timeTo()::timestamptz),
        (
            false,
            $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz),
            $__timeFrom()::timestamptz
        )
    ) AS periods (is_now, begun, ended)
    CROSS JOIN LATERAL (
        SELECT
            date_trunc('hour', begun + interval '1 hour' - interval '1 microsecond', timezone) AS first_hour,
            date_trunc('hour', ended, timezone) AS last_hour
    ) AS hours
    CROSS JOIN LATERAL (
        VALUES
        ('hour', first_hour, last_hour),
        ('5m', begun, least(first_hour, ended)),
        ('5m', greatest(first_hour, last_hour), ended)
    ) AS parts (per, since, until)
    WHERE
        $1
        AND since < until
        AND (is_now OR EXISTS (
            SELECT
            FROM instore_analysis.visits
            WHERE
                visits.store_id = stores.store_id
                AND entered_at >= begun - interval '14 days'
                AND entered_at < begun
        ))
)
