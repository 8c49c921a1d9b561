-- Each half by an index of its own; null where there is no such visit.
SELECT
    least(
        (
            SELECT min(entered_at) FROM instore.visits
            WHERE store_id = %(store_id)s AND NOT is_final
        ),
        (
            SELECT min(entered_at) FROM instore.visits
            WHERE store_id = %(store_id)s AND left_at >= instore.at(%(horizon)s::bigint)
        )
    );
