-- Category manager: the funnel of each shelf in a week: looked, took up, put back, bought.
SELECT
    shelf_id,
    sum(views) AS views,
    sum(attentions) AS attentions,
    sum(pickups) AS pickups,
    sum(putbacks) AS putbacks,
    sum(bought) AS bought,
    sum(attention_s) AS attention_s
FROM instore.shelf_hour
WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
GROUP BY shelf_id
ORDER BY views DESC;
