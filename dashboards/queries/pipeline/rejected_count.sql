SELECT
    sum(rejected)::bigint AS "Rejected",
    sum(rejected) / nullif(sum(stored) + sum(rejected), 0)::double precision AS "Of all"
FROM instore.accounting_hour
WHERE bucket > $__timeFrom()::timestamptz - interval '1 hour' AND bucket <= $__timeTo()::timestamptz
