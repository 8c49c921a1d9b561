-- What the days of a store came to; staff and passers-by count in no customer figure.
SELECT
    count(*) FILTER (WHERE NOT is_staff AND NOT pass_by) AS visits,
    count(*) FILTER (WHERE pass_by) AS passers_by,
    count(*) FILTER (WHERE is_staff) AS staff,
    count(*) FILTER (WHERE converted AND NOT is_staff AND NOT pass_by) AS buyers,
    count(*) FILTER (WHERE bounced AND NOT is_staff AND NOT pass_by) AS bounced,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_s) FILTER (WHERE NOT is_staff AND NOT pass_by) AS median_s,
    sum(basket_total) FILTER (WHERE NOT is_staff AND NOT pass_by) AS sales,
    mode() WITHIN GROUP (ORDER BY currency) AS currency
FROM instore.visits
WHERE store_id = %(store_id)s AND entered_at >= instore.at(%(since)s::bigint) AND entered_at < instore.at(%(until)s::bigint);
