-- A saved audience that loses, doubles or changes rows sends the wrong people
-- messages weeks later; one that is read wrong, at once (V1, R1).
\set VERBOSITY terse
CREATE ROLE regress_saved LOGIN;
CREATE ROLE regress_saved_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_saved, regress_saved_other;
CREATE SCHEMA saved AUTHORIZATION regress_saved;
SET search_path = saved, public;
SET SESSION AUTHORIZATION regress_saved;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, score int);
INSERT INTO customers SELECT g, 'c' || g || '@example.com', g * 10 FROM generate_series(1, 8) g;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');
-- The rows of the newest version, as JSON.
CREATE FUNCTION saved.rows_of(audience text, number int DEFAULT NULL) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE (SELECT format('SELECT to_jsonb(t) FROM %s t ORDER BY t.id', relation)
		FROM campaign.audiences a WHERE name = audience AND CASE WHEN number IS NULL THEN newest ELSE version = number END);
END $$;

-- V1: create, overwrite, append, replace; columns, versions.
-- Mode by mode: what stays, what comes, and what both have.
SELECT campaign_create('saving', dimension => 'customers', settings => '{"variables": {"low": {"type": "integer", "default": 1}, "high": {"type": "integer", "default": 4}}}');
SELECT campaign_add_audience('saving', 'some', filter => 'id BETWEEN vars.low AND vars.high');
SELECT campaign_add_enrich('saving', 'more', after => 'some', columns => '{"twice": "score * 2"}');
SELECT campaign_add_save_audience('saving', 'keep_all', 'everything', after => 'more', mode => 'append');
SELECT campaign_add_save_audience('saving', 'keep_new', 'newest', after => 'keep_all', mode => 'overwrite', columns => '{"email": "upper(email)"}', versions => 2);
SELECT campaign_add_save_audience('saving', 'keep_best', 'best', after => 'keep_new', mode => 'replace', columns => '{"low": "vars.low", "constant": "''x''"}');
SELECT campaign_add_save_audience('saving', 'keep_once', 'once', after => 'some', mode => 'create');
SELECT campaign_add_email('saving', 'mail', after => 'keep_best', subject => '{{ twice }}', body => '{{ id }}');
SELECT severity, activity, code, message FROM campaign_check('saving');
SELECT campaign_publish('saving');
SELECT campaign_start('saving') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2;
SELECT rows_of('everything');
SELECT rows_of('newest');
SELECT rows_of('best');
SELECT rows_of('once');
-- The second time, create is refused, and the rest goes on.
UPDATE customers SET score = 1000 WHERE id = 3;
DELETE FROM customers WHERE id = 1;
SELECT campaign_start('saving', '{"low": 3, "high": 6}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT campaign_stop(:run);
SELECT rows_of('everything');
SELECT rows_of('newest');
SELECT rows_of('best');
SELECT campaign_alter('saving', 'keep_once', '{"mode": null}');
SELECT campaign_publish('saving');
SELECT campaign_start('saving', '{"low": 7, "high": 8}') AS run \gset
SELECT campaign_wait(:run);
SELECT name, version, rows, dimension, mode, campaign, run_id = :run AS by_this_run, activity, newest, owner FROM campaign.audiences ORDER BY 1, 2;
-- What versions are too many is gone, tables and all.
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relname ~ '^a\d' AND relkind = 'r';
SELECT * FROM campaign_audience_diff('everything', 1, 2) ORDER BY change, key;
SELECT * FROM campaign_audience_diff('best', 1, 2) ORDER BY change, key;
SELECT * FROM campaign_audience_diff('best', 2, 1) ORDER BY change, key;
SELECT * FROM campaign_audience_diff('best', 2, 2);
SELECT * FROM campaign_audience_diff('best', 2, 9);
SELECT * FROM campaign_audience_diff('best', 0, 2);
SELECT * FROM campaign_audience_diff('worst', 1, 2);
-- Columns that a version before had stay; those of another type are refused.
INSERT INTO customers VALUES (9, 'c9@example.com', 90);
SELECT campaign_alter('saving', 'keep_best', '{"mode": "append", "columns": {"low": "vars.low", "other": "1.5"}}');
SELECT campaign_publish('saving');
SELECT campaign_start('saving', '{"low": 7, "high": 9}') AS run \gset
SELECT campaign_wait(:run);
SELECT rows_of('best');
SELECT campaign_alter('saving', 'keep_best', '{"columns": {"low": "''text''"}}');
SELECT campaign_publish('saving');
SELECT campaign_start('saving') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, detail FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT campaign_stop(:run);

-- R1: a saved audience with columns, a version of it; tables and queries, matched
-- by an attribute; the difference of versions.
-- Reading: by keys, from another version, with columns.
SELECT campaign_create('reading', dimension => 'customers', settings => '{"keep_populations": true, "variables": {"who": {"type": "text", "default": "c5"}}}');
SELECT campaign_add_read_audience('reading', 'all_kept', audience => 'everything', columns => '{"bought": "source.twice", "change": "score * 2 - source.twice"}');
SELECT campaign_add_read_audience('reading', 'older', audience => 'everything', version => 3);
SELECT campaign_add_read_audience('reading', 'later', audience => 'not_yet');
SELECT code, severity, activity, message FROM campaign_check('reading') WHERE activity = 'later';
-- A table, matched by an attribute; whoever is meant twice comes once.
CREATE TABLE imported (email text, rank int, note varchar(5));
INSERT INTO imported VALUES ('C2@example.com', 2, 'two'), ('c2@example.com', 1, 'one'), ('C5@EXAMPLE.COM', 3, 'three'), ('nobody@example.com', 4, NULL), (NULL, 5, NULL);
SELECT campaign_add_read_audience('reading', 'by_mail', source => 'imported', match => 'lower(source.email) = customers.email',
	columns => '{"rank": "source.rank", "note": "source.note || score"}', sort_by => 'source.rank DESC');
-- Queries: with, union, variables, order and limit, a name that is ours.
SELECT campaign_add_read_audience('reading', 'by_query', source => $$
	WITH kept AS (SELECT * FROM imported WHERE email ILIKE vars.who || '%')
	SELECT lower(email) AS mail, 'q'::varchar(3) AS mark FROM kept UNION SELECT 'c3@example.com', 'u' ORDER BY 1 LIMIT 5$$,
	match => 'source.mail = customers.email', columns => '{"mark": "source.mark"}');
SELECT campaign_add_read_audience('reading', 'by_key', source => 'SELECT 2 AS id UNION ALL VALUES (2), (99), (NULL)', skip_empty => true);
SELECT campaign_add_read_audience('reading', 'named', source => 'SELECT * FROM (SELECT 4::bigint AS id) AS "campaign.query1"');
SELECT campaign_add_read_audience('reading', 'nobody', source => 'SELECT id FROM customers WHERE false', skip_empty => true);
SELECT campaign_add_email('reading', 'mail', after => 'by_mail', subject => '{{ note }}', body => '{{ rank }}');
SELECT campaign_add_end('reading', 'never', after => 'nobody');
SELECT campaign_remove('reading', 'later');
SELECT severity, activity, code, message FROM campaign_check('reading');
SELECT campaign_publish('reading');
SELECT campaign_start('reading') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error, detail FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run AND activity IN ('never', 'by_key');
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2;
SELECT subject, body FROM campaign_claim('email') WHERE subject ~ 'two|three' ORDER BY subject;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT format('TABLE campaign_data.r%s_1_1 ORDER BY id', :run) AS read \gset
:read;

-- What is refused.
SELECT campaign_add_save_audience('saving', 'wrong', 'Not a name', after => 'some');
SELECT campaign_add_save_audience('saving', 'wrong', 'a', after => 'some', mode => 'add');
SELECT campaign_add_save_audience('saving', 'wrong', 'a', after => 'some', columns => '{"id": "1"}');
SELECT campaign_add_save_audience('saving', 'wrong', 'a', after => 'some', columns => '{"x": "nothing"}');
SELECT campaign_add_save_audience('saving', 'wrong', 'a', after => 'some', versions => 0);
SELECT campaign_add_read_audience('reading', 'wrong');
SELECT campaign_add_read_audience('reading', 'wrong', audience => 'everything', source => 'imported');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'imported', version => 1);
SELECT campaign_add_read_audience('reading', 'wrong', audience => 'everything', columns => '{"x": "source.nothing"}');
SELECT campaign_add_read_audience('reading', 'wrong', audience => 'not_yet', columns => '{"x": "source.x"}');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'imported');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'imported', match => 'source.rank');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'imported', match => 'source.email = customers.email', columns => '{"email": "source.email"}');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'importd');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'SELECT id FROM customers; SELECT 1');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'WITH x AS (DELETE FROM customers RETURNING id) SELECT id FROM x');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'SELECT id INTO x FROM customers');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'SELECT id FROM customers FOR UPDATE');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'SELECT id FROM customers WHERE id = $1');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'SELECT id FROM customers WHERE scor > 1');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'SELECT FROM customers');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'DROP TABLE customers');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'SELECT id FROM customers', sort_by => 'source.');
SELECT campaign_add_read_audience('reading', 'wrong', source => 'customers', after => 'by_mail');
SELECT campaign_connect('reading', 'by_mail.unmatched', 'never');
SELECT code, activity, message FROM campaign_check('reading') WHERE severity = 'error';

-- Forgetting a person blanks what was kept of him.
SELECT "rows" FROM campaign_forget('customers', '4');
SELECT rows_of('everything') ->> 'twice' AS twice, rows_of('newest') IS NOT NULL AS there LIMIT 3;

-- Audiences are their owner's.
SET SESSION AUTHORIZATION regress_saved_other;
SET search_path = public;
SELECT count(*) FROM campaign.audiences;
SELECT * FROM campaign_audience_diff('everything', 1, 2);
SELECT campaign_audience_drop('everything');
SET SESSION AUTHORIZATION regress_saved;
SET search_path = saved, public;
SELECT campaign_audience_drop('everything');
SELECT format('CREATE VIEW saved.depending AS SELECT * FROM %s', relation) AS create FROM campaign.audiences WHERE name = 'best' AND newest \gset
:create;
\set VERBOSITY sqlstate
SELECT campaign_audience_drop('best');
\set VERBOSITY terse
DROP VIEW depending;
SELECT campaign_audience_drop(name) FROM (SELECT DISTINCT name FROM campaign.audiences) a;
SELECT campaign_drop('saving'), campaign_drop('reading');
SELECT count(*) AS left_over FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relname ~ '^[ar]\d' AND relkind = 'r';

-- Clean up.
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_saved';
DROP SCHEMA saved CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_saved, regress_saved_other;
DROP ROLE regress_saved, regress_saved_other;
