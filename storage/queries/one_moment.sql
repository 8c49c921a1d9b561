-- A transaction that sees the database as it is now, changes nothing, and writes times and numbers so that others read them exactly,
-- whatever the login is set to.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL TIME ZONE 'UTC';
SET LOCAL datestyle = 'ISO';
SET LOCAL extra_float_digits = 1;
