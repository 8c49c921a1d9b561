WITH
-- include parts/to_pay

SELECT
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(EPOCH FROM lasted)) AS "Half paid within",
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(EPOCH FROM lasted)) AS "Nine of ten within"
FROM to_pay
