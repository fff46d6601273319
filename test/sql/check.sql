-- Would fail if a problem hid another one, if something that cannot run were
-- published, or if a check left something changed.
SET client_min_messages = warning;
CREATE ROLE regress_check LOGIN;
CREATE ROLE regress_check_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_check, regress_check_other;
CREATE SCHEMA checked AUTHORIZATION regress_check;
CREATE TABLE checked.secret (id bigint);
CREATE FUNCTION checked.guarded(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
GRANT SELECT ON checked.secret TO regress_check;
SET SESSION AUTHORIZATION regress_check;
SET search_path = checked, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text, score integer, fading text, opt_in boolean);
CREATE TABLE things (id bigint PRIMARY KEY);
SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_dimension('things');

-- Nothing in it.
SELECT campaign_create('check', 'people', settings => '{"variables": {"floor": {"type": "integer"}}}');
SELECT * FROM campaign_check('check');
SELECT campaign_publish('check');
\echo :LAST_ERROR_SQLSTATE

-- Nothing wrong.
SELECT campaign_add_audience('check', 'everybody', filter => 'score > vars.floor');
SELECT campaign_add_split('check', 'parts', '[{"name": "a", "percent": 50}, {"name": "b", "filter": "fading = ''x''"}]', after => 'everybody');
SELECT campaign_add_email('check', 'mail_a', 's', '{{ fading }}', after => 'parts.a');
SELECT campaign_add_email('check', 'mail_b', 's', 'b', address => 'coalesce(fading, email)', after => 'parts.b');
SELECT campaign_add_join('check', 'both', primary_set => 'mail_a', after => 'mail_a, mail_b');
SELECT campaign_add_end('check', 'done', after => 'both');
SELECT * FROM campaign_check('check');
SELECT campaign_publish('check');

-- Everything wrong, at once.
SELECT campaign_add_fork('check', 'first', after => NULL);
SELECT campaign_add_fork('check', 'second', after => 'first');
SELECT campaign_connect('check', 'second', 'first');
SELECT campaign_add_end('check', 'lost');
SELECT campaign_connect('check', 'mail_b', 'done');
SELECT campaign_alter('check', 'parts', '{"outcomes": [{"name": "a", "percent": 50}, {"name": "c"}]}');
SELECT campaign_disconnect('check', 'mail_a', 'both');
SELECT campaign_add_audience('check', 'reads', filter => 'EXISTS (SELECT FROM checked.secret s WHERE s.id = people.id)');
SELECT campaign_add_audience('check', 'calls', filter => 'guarded(score)');
SELECT campaign_add_audience('check', 'things', dimension => 'things');
SELECT campaign_add_email('check', 'mail_things', 's', 'b', address => '''x@x.org''', after => 'things');
ALTER TABLE people DROP COLUMN fading;
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON checked.secret FROM regress_check;
REVOKE EXECUTE ON FUNCTION checked.guarded(integer) FROM PUBLIC;
ALTER ROLE regress_check NOLOGIN;
UPDATE campaign.activity SET options = options - 'address' WHERE name = 'mail_things';
UPDATE campaign.activity SET options = options || '{"unheard_of": 1}' WHERE name = 'lost';
SELECT severity, activity, code, message FROM campaign_check('check');
SELECT DISTINCT code, hint FROM campaign_check('check') ORDER BY code COLLATE "C", hint COLLATE "C";
SET SESSION AUTHORIZATION regress_check;
SELECT severity, activity, code, message FROM campaign_check('check');
SELECT campaign_publish('check');
\echo :LAST_ERROR_SQLSTATE

-- A check leaves no trace, in whatever state of a transaction.
BEGIN;
SELECT count(*) > 5 AS problems FROM campaign_check('check');
SAVEPOINT s;
SELECT count(*) > 5 AS problems FROM campaign_check('check');
ROLLBACK TO s;
SELECT count(*) > 5 AS problems FROM campaign_check('check');
COMMIT;
BEGIN READ ONLY;
SELECT count(*) > 5 AS problems FROM campaign_check('check');
COMMIT;

-- The published version still starts, if its owner can log in.
SELECT campaign_start('check');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_check LOGIN;

-- Owners without the privileges that workers need.
REVOKE USAGE ON SCHEMA campaign FROM regress_check;
SELECT message FROM campaign_check('check') WHERE code = 'owner_cannot_run';
GRANT USAGE ON SCHEMA campaign TO regress_check;
SET SESSION AUTHORIZATION regress_check_other;
SELECT campaign_check('check');
\echo :LAST_ERROR_SQLSTATE

-- The table is taken from the owner.
RESET SESSION AUTHORIZATION;
CREATE TABLE checked.lent (id bigint PRIMARY KEY, email text);
GRANT SELECT ON checked.lent TO regress_check;
SET SESSION AUTHORIZATION regress_check;
SELECT campaign_dimension('lent');
SELECT campaign_create('lent', 'lent');
SELECT campaign_add_audience('lent', 'everybody');
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON checked.lent FROM regress_check;
GRANT SELECT (email) ON checked.lent TO regress_check;
SELECT severity, activity, code, message, hint FROM campaign_check('lent');
GRANT SELECT (id) ON checked.lent TO regress_check;
SELECT * FROM campaign_check('lent');

-- The dimension goes away.
SET SESSION AUTHORIZATION regress_check;
SELECT campaign_create('brief', 'things');
SELECT campaign_add_audience('brief', 'everything');
DROP TABLE things;
SELECT severity, activity, code, message FROM campaign_check('brief');
CREATE VIEW things AS SELECT 1::bigint AS id;
SELECT * FROM campaign_check('brief');
SELECT campaign_publish('brief');
CREATE OR REPLACE VIEW things AS SELECT 1::bigint AS id, 2 AS more;
SELECT campaign_start('brief') AS run \gset
SELECT campaign_wait(:run);
DROP VIEW things;
CREATE SEQUENCE things;
SELECT severity, activity, code, message FROM campaign_check('brief');
DROP SEQUENCE things;
CREATE TABLE things (number bigint);
SELECT severity, activity, code, message FROM campaign_check('brief');

-- Superusers are warned about, or refused.
RESET SESSION AUTHORIZATION;
SELECT campaign_dimension('people', 'superpeople');
SELECT campaign_create('super', 'superpeople');
SELECT campaign_add_audience('super', 'everybody');
SELECT severity, code, regexp_replace(message, '".*"', '"…"') AS message FROM campaign_check('super');

-- Clean up.
SELECT campaign_drop(c) FROM unnest(ARRAY['check', 'brief', 'super', 'lent']) c \g /dev/null
DELETE FROM campaign.dimension WHERE owner_name = 'regress_check' OR name = 'superpeople';
RESET search_path;
DROP SCHEMA checked CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_check, regress_check_other;
DROP ROLE regress_check, regress_check_other;
