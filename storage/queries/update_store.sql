UPDATE instore.stores
SET
    name = plan.layout ->> 'name',
    timezone = plan.layout ->> 'timezone',
    currency = plan.layout ->> 'currency',
    opening_hours = plan.layout -> 'opening_hours',
    layout = plan.layout,
    layout_version = %(version)s
FROM (SELECT %(layout)s::jsonb AS layout) AS plan
WHERE store_id = %(store_id)s;
