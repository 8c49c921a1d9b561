-- From the stretch on that contains the beginning of the time range: a day may be all there is. Days are the stores', and up to 25 hours long.
traffic.bucket <= $__timeTo()::timestamptz
AND traffic.bucket > $__timeFrom()::timestamptz
- CASE '${by:raw}' WHEN '5m' THEN interval '5 minutes' WHEN 'hour' THEN interval '1 hour' ELSE interval '25 hours' END
AND (
    '${by:raw}' <> 'day'
    OR traffic.bucket >= date_trunc('day', $__timeFrom()::timestamptz, coalesce(store.timezone, 'UTC'))
)
