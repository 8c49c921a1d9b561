-- Whether stores are open, and were a quarter of an hour ago, by their layouts' opening hours; a day that is not named is open throughout.
hours AS (
    SELECT
        asked.store_id,
        bool_and(
            asked.opening_hours -> day.name IS NULL
            OR EXISTS (
                SELECT
                FROM generate_series(0, jsonb_array_length(asked.opening_hours -> day.name) - 1, 2) AS place
                WHERE
                    day.at::time >= (asked.opening_hours -> day.name ->> place)::time
                    AND day.at::time < (asked.opening_hours -> day.name ->> (place + 1))::time
            )
        ) AS is_open
    FROM asked
    CROSS JOIN LATERAL (
        SELECT
            moment.at,
            to_char(moment.at, 'dy') AS name
        FROM (
            VALUES
            ($__timeTo()::timestamptz AT TIME ZONE asked.timezone),
            (($__timeTo()::timestamptz - interval '15 minutes') AT TIME ZONE asked.timezone)
        ) AS moment (at)
    ) AS day
    GROUP BY asked.store_id
)
