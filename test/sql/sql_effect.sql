-- F4: a query with effect that does more than one statement, leaves something in
-- the session, or has its effect in a test (S-19).
\set VERBOSITY terse
CREATE ROLE regress_effect LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_effect;
CREATE SCHEMA sql_effect AUTHORIZATION regress_effect;
SET search_path = sql_effect, public;
SET SESSION AUTHORIZATION regress_effect;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, score int);
INSERT INTO customers SELECT g, 'c' || g || '@example.com', g * 10 FROM generate_series(1, 6) g;
CREATE TABLE gifts (customer_id bigint, what text, UNIQUE (customer_id, what));
CREATE TABLE seen (what text, value text);
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');
\set counts 'SELECT string_agg(format(\'%s.%s %s\', source, outcome, rows), \', \' ORDER BY source, outcome) AS counts FROM (SELECT DISTINCT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run) f; SELECT activity, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL; SELECT activity, message FROM campaign.log WHERE run_id = :run AND event = \'effect\' ORDER BY activity;'

-- With RETURNING its rows go on, without what came in does; a transition is read
-- by name, but never changed.
SELECT campaign_create('effects', dimension => 'customers', settings => '{"keep_populations": true, "variables": {"gift": {"type": "text", "default": "book"}}}');
SELECT campaign_add_audience('effects', 'low', filter => 'id <= 4');
SELECT campaign_add_enrich('effects', 'rich', after => 'low', columns => '{"twice": "score * 2"}');
SELECT campaign_add_sql('effects', 'give', after => 'rich', effect => true,
	query => $$INSERT INTO gifts SELECT id, vars.gift FROM rich WHERE twice > 20 ON CONFLICT DO NOTHING RETURNING customer_id AS id, customer_id * 2 AS doubled$$);
SELECT campaign_add_sql('effects', 'raise', after => 'give', effect => true,
	query => $$WITH g AS (SELECT id FROM give) UPDATE customers AS c SET score = c.score + give.doubled FROM give JOIN g USING (id) WHERE c.id = give.id$$);
SELECT campaign_add_email('effects', 'mail', after => 'raise', subject => '{{ doubled }}', body => '{{ score }}');
SELECT campaign_add_sql('effects', 'customers', after => 'rich', effect => true,
	query => $$DELETE FROM customers WHERE id = 6 RETURNING id$$);
SELECT campaign_add_sql('effects', 'merge', after => 'customers', effect => true,
	query => $$MERGE INTO gifts g USING customers c ON c.id = g.customer_id WHEN NOT MATCHED THEN INSERT VALUES (c.id, 'farewell')$$);
SELECT campaign_add_sql('effects', 'no_rows', effect => true, query => $$DELETE FROM gifts WHERE false$$, skip_empty => true);
SELECT campaign_add_end('effects', 'never', after => 'no_rows');
SELECT activity, code, message FROM campaign_check('effects') WHERE severity = 'error';
SELECT campaign_publish('effects');
SELECT campaign_start('effects') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT * FROM gifts ORDER BY 1, 2;
SELECT id, score FROM customers ORDER BY id;
SELECT format('SELECT * FROM campaign_data.r%s_3_1 ORDER BY id;', :run) AS query \gset
:query
SELECT campaign_start('effects') AS run \gset
SELECT campaign_wait(:run);
:counts

-- In a test it is undone, and its rows go on all the same: large values, and
-- what deferred constraints say, too.
CREATE TABLE letters (id bigint, body text, customer_id bigint REFERENCES customers DEFERRABLE INITIALLY DEFERRED);
SELECT campaign_create('tests', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_sql('tests', 'write', effect => true, query => $$INSERT INTO letters
	SELECT id, (SELECT string_agg(md5((id * n)::text), '') FROM generate_series(1, 1000) n), id FROM customers WHERE id < 3 RETURNING id, body$$);
SELECT campaign_add_audience('tests', 'go_on', after => 'write', filter => 'length(body) = 32000');
SELECT campaign_add_sql('tests', 'clear', after => 'go_on', effect => true, query => 'DELETE FROM gifts');
SELECT campaign_add_sql('tests', 'orphan', after => 'clear', effect => true, query => 'INSERT INTO letters VALUES (9, NULL, -1)');
SELECT campaign_publish('tests');
SELECT campaign_test('tests') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*) FROM letters;
SELECT count(*) FROM gifts;
SELECT campaign_stop(:run);
SELECT campaign_drop('tests');

-- Nothing of the session survives a task: locks, temporary tables, prepared
-- statements, cursors (S-19).
CREATE FUNCTION leave_behind() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_lock(1234), pg_advisory_lock_shared(56, 78);
	CREATE TEMP TABLE left_over AS SELECT 1 AS n;
	EXECUTE 'PREPARE left_over AS SELECT 1';
	EXECUTE 'DECLARE left_over CURSOR WITH HOLD FOR SELECT 1';
	RETURN pg_backend_pid();
END $$;
CREATE FUNCTION look_around(name text) RETURNS int LANGUAGE sql AS $$
	INSERT INTO seen SELECT name, format('%s locks, %s tables, %s statements, %s cursors',
		(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid IN (1, 2)),
		(SELECT count(*) FROM pg_class WHERE relname = 'left_over'),
		(SELECT count(*) FROM pg_prepared_statements WHERE name = 'left_over'),
		(SELECT count(*) FROM pg_cursors WHERE name = 'left_over')) RETURNING 1
$$;
DELETE FROM seen;
SELECT campaign_create('session', dimension => 'customers');
SELECT campaign_add_sql('session', 'leave', effect => true, query => 'SELECT 1 AS id, leave_behind() AS pid, look_around($$same task$$) AS n');
SELECT campaign_add_sql('session', 'look', after => 'leave', effect => true, query => 'SELECT 1 AS id, look_around($$next task$$) AS n');
SELECT campaign_add_sql('session', 'again', after => 'look', effect => true, query => 'SELECT 1 AS id, leave_behind() AS pid');
SELECT campaign_publish('session');
SELECT campaign_start('session') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT * FROM seen ORDER BY 1 DESC;
DELETE FROM seen;
SELECT campaign_drop('session');

-- What is refused.
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$DELETE FROM gifts; DELETE FROM gifts$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$COMMIT$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$PREPARE TRANSACTION 'x'$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$SET ROLE postgres$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$RESET ALL$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$LISTEN x$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$LOCK gifts$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$DISCARD ALL$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$DO 'BEGIN END'$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$LOAD 'x'$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$TRUNCATE gifts$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$CREATE TABLE t (a int)$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$COPY gifts FROM STDIN$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$EXPLAIN DELETE FROM gifts$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$DECLARE c CURSOR FOR SELECT 1$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$EXECUTE x$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$CALL campaign_work()$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$VACUUM gifts$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$SELECT 1 AS id INTO t$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$gifts$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$WITH d AS (DELETE FROM gifts RETURNING *) SELECT customer_id AS id FROM d$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$WITH d AS (DELETE FROM gifts RETURNING *) INSERT INTO gifts SELECT * FROM d$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$DELETE FROM gifts WHERE customer_id = $1$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$DELETE FROM nowhere$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$DELETE FROM gifts RETURNING what$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, query => $q$UPDATE customers SET id = 1 RETURNING id, score$q$);
SELECT campaign_add_sql('effects', 'wrong', effect => true, dimension => 'customers', query => 'DELETE FROM gifts');
SELECT campaign_drop('effects');

-- Nothing stays: settings, deferred constraints, cursors; an error undoes it all.
CREATE FUNCTION leave_something() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO seen VALUES ('left', 'yes');
	PERFORM set_config('work_mem', '123kB', false), set_config('search_path', 'pg_temp', false), set_config('regress.x', 'left', false);
	PERFORM set_config('role', 'regress_effect', false), set_config('statement_timeout', '1ms', true);
	EXECUTE 'DECLARE left_open CURSOR WITH HOLD FOR SELECT 1 / (random() * 0)::int';
	RETURN 1;
END $$;
CREATE TABLE strict (id int PRIMARY KEY, parent int REFERENCES strict DEFERRABLE INITIALLY DEFERRED);
SELECT campaign_create('leaves', dimension => 'customers');
SELECT campaign_add_sql('leaves', 'leave', effect => true, query => 'SELECT leave_something() AS id');
SELECT campaign_add_sql('leaves', 'look', after => 'leave', effect => true,
	query => $$INSERT INTO seen SELECT n, current_setting(n, true) FROM unnest('{work_mem,search_path,regress.x,role,statement_timeout}'::text[]) n$$);
SELECT campaign_add_sql('leaves', 'orphan', after => 'look', effect => true, query => $$INSERT INTO strict VALUES (1, 2)$$);
SELECT campaign_publish('leaves');
SELECT campaign_start('leaves') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT what, CASE what WHEN 'work_mem' THEN (value <> '123kB')::text ELSE value END FROM seen ORDER BY what COLLATE "C";
SELECT * FROM strict;
SELECT campaign_stop(:run);
SELECT campaign_drop('leaves');

-- Tables with rules are refused.
CREATE TABLE ruled (id int);
CREATE RULE twice AS ON INSERT TO ruled DO ALSO INSERT INTO strict VALUES (9);
SELECT campaign_create('holds', dimension => 'customers');
SELECT campaign_add_sql('holds', 'insert', effect => true, query => $$INSERT INTO ruled VALUES (1)$$);
SELECT campaign_publish('holds');
SELECT campaign_start('holds') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_stop(:run);
SELECT campaign_drop('holds');

-- Clean up.
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_effect';
DROP SCHEMA sql_effect CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_effect;
DROP ROLE regress_effect;
