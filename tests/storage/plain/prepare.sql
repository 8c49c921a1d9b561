-- How the plain queries cut time, and stays with what their visits say of them.
CREATE OR REPLACE FUNCTION pg_temp.cut(of_store text, at timestamptz) RETURNS timestamptz
LANGUAGE sql
AS $$
SELECT CASE current_setting('test.per')
    WHEN '5m' THEN date_bin(interval '5 minutes', at, timestamptz '1970-01-01 00:00:00+00')
    ELSE date_trunc(current_setting('test.per'), at, coalesce((SELECT timezone FROM instore.stores WHERE store_id = of_store), 'UTC'))
END
$$;

CREATE OR REPLACE TEMPORARY VIEW told_stays AS
SELECT
    stay.store_id,
    stay.visit_id,
    stay.seq,
    stay.zone_id,
    stay.started_at,
    stay.ended_at,
    stay.dwell_s,
    visit.is_staff,
    visit.left_at AS visit_left_at,
    row_number() OVER (PARTITION BY stay.visit_id, stay.zone_id ORDER BY stay.seq) AS nth,
    lag(stay.zone_id) OVER visit_stays AS before_zone_id,
    lead(stay.started_at) OVER visit_stays AS next_at,
    visit.ended_by IS NOT NULL OR lead(stay.seq) OVER visit_stays IS NOT NULL AS is_over
FROM instore.stays AS stay
INNER JOIN instore.visits AS visit ON visit.visit_id = stay.visit_id
WINDOW visit_stays AS (PARTITION BY stay.visit_id ORDER BY stay.seq);

CREATE OR REPLACE TEMPORARY VIEW stays_of_visits AS
SELECT * FROM told_stays WHERE NOT is_staff;
