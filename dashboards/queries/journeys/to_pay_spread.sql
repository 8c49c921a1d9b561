WITH
-- include parts/to_pay

SELECT
    (ARRAY['under 5 min', '5 to 10 min', '10 to 15 min', '15 to 20 min', '20 to 30 min', '30 to 45 min', '45 to 60 min', 'over an hour'])[
        width_bucket(extract(EPOCH FROM lasted) / 60, ARRAY[5, 10, 15, 20, 30, 45, 60]::numeric[]) + 1
    ] AS "From the door to the till",
    count(*) AS "Visits"
FROM to_pay
GROUP BY 1
ORDER BY min(lasted)
