-- Chain: conversion of each store, a day, over the year.
SELECT bucket AS time, store_id, entered, conversion_rate
FROM instore.footfall_day
WHERE bucket >= %(year_ago)s AND bucket <= %(now)s
ORDER BY bucket, store_id;
