-- U1: a change that writes rows which do not change, takes a row twice, loses one
-- that the table refuses, or happens in a test.
\set VERBOSITY terse
CREATE ROLE regress_update LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_update;
CREATE SCHEMA update_data AUTHORIZATION regress_update;
SET search_path = update_data, public;
SET SESSION AUTHORIZATION regress_update;
CREATE TABLE customers (id bigint PRIMARY KEY, name text, score int, status text DEFAULT 'new', changed int DEFAULT 0);
INSERT INTO customers SELECT g, 'c' || g, g * 10 FROM generate_series(1, 6) g;
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.changed := OLD.changed + 1; RETURN NEW; END$$;
CREATE TRIGGER counted BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION count_change();
SELECT campaign_dimension('customers', addresses => '{"email": "name"}');
\set counts 'SELECT source, outcome, max(rows) AS rows FROM campaign.flow_counts WHERE run_id = :run AND source <> \'everybody\' GROUP BY 1, 2 ORDER BY 1, 2; SELECT activity, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL; SELECT activity, message FROM campaign.log WHERE run_id = :run AND event = \'effect\' ORDER BY log_id; SELECT activity, recipient, sqlstate, error FROM campaign.refused WHERE run_id = :run ORDER BY 1, 2;'

-- The dimension's own table, by its key: only rows that change are written, the
-- last field that holds counts.
SELECT campaign_create('own', dimension => 'customers');
SELECT campaign_add_audience('own', 'everybody', filter => 'id <= 5');
SELECT campaign_add_update_data('own', 'grade', operation => 'update', after => 'everybody', fields => '[
	{"column": "status", "value": "''silver''", "if": "score >= 20"},
	{"column": "status", "value": "''gold''", "if": "score >= 40"},
	{"column": "name", "value": "upper(name)", "if": "id = 3"}]');
SELECT campaign_publish('own');
SELECT campaign_start('own') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT * FROM customers ORDER BY id;
SELECT campaign_start('own') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT sum(changed) FROM customers;
SELECT campaign_drop('own');

-- Another table: inserted, updated, left alone; a partitioned one, where rows
-- move; generated columns, identities and defaults.
CREATE TABLE cards (
	card_id int GENERATED ALWAYS AS IDENTITY, customer_id bigint, level text NOT NULL, points int DEFAULT 7, note text DEFAULT 'none',
	twice int GENERATED ALWAYS AS (points * 2) STORED, PRIMARY KEY (customer_id, level)) PARTITION BY LIST (level);
CREATE TABLE cards_gold PARTITION OF cards FOR VALUES IN ('gold');
CREATE TABLE cards_silver PARTITION OF cards FOR VALUES IN ('silver', 'new');
INSERT INTO cards (customer_id, level, points, note) VALUES (1, 'new', 1, 'old'), (2, 'silver', 20, 'old'), (3, 'new', 3, 'old');
SELECT campaign_create('cards', dimension => 'customers');
SELECT campaign_add_audience('cards', 'everybody');
SELECT campaign_add_update_data('cards', 'cards', operation => 'upsert', target => 'cards', by => '{"customer_id": "id"}', after => 'everybody', fields => '[
	{"column": "level", "value": "status"},
	{"column": "points", "value": "score", "if": "score > 20"},
	{"column": "note", "value": "''first''", "only": "insert", "if": "score > 50"}]');
SELECT campaign_publish('cards');
SELECT campaign_start('cards') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT tableoid::regclass, * FROM cards ORDER BY customer_id;
SELECT campaign_start('cards') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_drop('cards');

-- Two rows for the same row of the table: the first in order; a NULL that is
-- kept or not; columns mapped by name.
CREATE TABLE households (town text PRIMARY KEY, name text, score int);
INSERT INTO households VALUES ('odd', 'keep me', 1);
SELECT campaign_create('towns', dimension => 'customers');
SELECT campaign_add_audience('towns', 'everybody');
SELECT campaign_add_update_data('towns', 'best', operation => 'upsert', target => 'households', after => 'everybody',
	by => '{"town": "CASE WHEN id < 6 THEN CASE id % 2 WHEN 0 THEN ''even'' ELSE ''odd'' END END"}', sort_by => 'score DESC', auto_map => true,
	fields => '[{"column": "name", "value": "nullif(name, ''c5'')"}]', nulls => 'keep');
SELECT campaign_publish('towns');
SELECT campaign_start('towns') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT * FROM households ORDER BY town;
SELECT campaign_alter('towns', 'best', '{"nulls": "empty"}');
SELECT campaign_publish('towns');
SELECT campaign_start('towns') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT * FROM households ORDER BY town;
SELECT campaign_drop('towns');

-- What the table refuses is rejected alone: checks, foreign keys, deferred ones,
-- limits of types, triggers, row security; the others go on.
CREATE TABLE towns (name text PRIMARY KEY);
INSERT INTO towns VALUES ('a');
CREATE TABLE strict (id int PRIMARY KEY, word varchar(3), town text REFERENCES towns DEFERRABLE INITIALLY DEFERRED, n int CHECK (n < 100));
CREATE FUNCTION no_thirteen() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.id = 13 THEN RAISE 'no thirteen'; END IF; RETURN NEW; END$$;
CREATE TRIGGER thirteen BEFORE INSERT ON strict FOR EACH ROW EXECUTE FUNCTION no_thirteen();
ALTER TABLE strict ENABLE ROW LEVEL SECURITY;
ALTER TABLE strict FORCE ROW LEVEL SECURITY;
CREATE POLICY no_hundreds ON strict USING (true) WITH CHECK (id % 100 <> 0);
INSERT INTO strict VALUES (20, 'x', 'a', 1);
INSERT INTO customers SELECT g, 'abc', 1 FROM generate_series(10, 1000) g;
SELECT campaign_create('strict', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('strict', 'everybody', filter => 'id >= 10');
SELECT campaign_add_update_data('strict', 'fill', operation => 'insert', target => 'strict', by => '{"id": "id"}', after => 'everybody', fields => '[
	{"column": "word", "value": "CASE id WHEN 11 THEN ''too long'' ELSE name END"},
	{"column": "town", "value": "CASE id WHEN 12 THEN ''b'' ELSE ''a'' END"},
	{"column": "n", "value": "CASE id WHEN 14 THEN 100 ELSE 1 END"}]');
SELECT campaign_add_audience('strict', 'who', after => 'fill.rejected');
SELECT campaign_publish('strict');
SELECT campaign_start('strict') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*), min(id), max(id) FROM strict;
SELECT format('SELECT array_agg(id ORDER BY id) FROM campaign_data.r%s_3_1;', :run) AS query \gset
:query
SELECT format('SELECT count(*), count(*) FILTER (WHERE id IN (11, 12, 13, 14, 100)) AS refused FROM campaign_data.r%s_2_1;', :run) AS query \gset
:query
SELECT format('SELECT * FROM campaign_data.r%s_2_4 WHERE id <= 11 ORDER BY id;', :run) AS query \gset
:query
-- Erasure takes the message.
SELECT rows FROM campaign_forget('customers', '13');
SELECT recipient, error FROM campaign.refused WHERE run_id = :run AND recipient = '13';
-- Too many: nothing is changed.
TRUNCATE strict;
SELECT campaign_alter('strict', 'fill', '{"max_errors": 5}');
SELECT campaign_publish('strict');
SELECT campaign_start('strict') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*) FROM strict;
SELECT campaign_stop(:run);
-- Not a row's fault: no right.
RESET SESSION AUTHORIZATION;
CREATE TABLE update_data.foreign_table (id int PRIMARY KEY, n int);
GRANT SELECT ON update_data.foreign_table TO regress_update;
SET SESSION AUTHORIZATION regress_update;
SELECT campaign_alter('strict', 'fill', '{"target": "foreign_table", "fields": [{"column": "n", "value": "1"}]}');
SELECT campaign_publish('strict');
SELECT campaign_start('strict') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_stop(:run);
SELECT campaign_drop('strict');

-- A test changes nothing, and says what it would have changed.
SELECT campaign_create('tests', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('tests', 'everybody', filter => 'id <= 11');
SELECT campaign_add_update_data('tests', 'grade', operation => 'upsert', target => 'customers', by => '{"id": "CASE WHEN id < 4 THEN id ELSE id + 2000 END"}', after => 'everybody', fields => '[
	{"column": "score", "value": "score + 1", "if": "id <> 2"}, {"column": "name", "value": "name || repeat(''x'', id::int)", "only": "insert"}]');
ALTER TABLE customers ADD CHECK (length(name) < 9);
SELECT campaign_publish('tests');
SELECT campaign_test('tests') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT format('SELECT * FROM campaign_data.r%s_2_4 ORDER BY id;', :run) AS query \gset
:query
SELECT count(*), max(id), sum(changed) FROM customers;
SELECT campaign_drop('tests');

-- Rows that are deleted, by a key that is not unique in the table; through a view.
CREATE TABLE visits (customer_id int, page text);
INSERT INTO visits SELECT g % 4, 'p' || g FROM generate_series(1, 12) g;
CREATE VIEW visits_seen AS SELECT customer_id AS who, page AS what FROM visits WHERE customer_id IS NOT NULL WITH CHECK OPTION;
SELECT campaign_create('visits', dimension => 'customers');
SELECT campaign_add_audience('visits', 'everybody', filter => 'id <= 3');
SELECT campaign_add_update_data('visits', 'mark', operation => 'update', target => 'visits_seen', by => '{"who": "id"}', after => 'everybody',
	fields => '[{"column": "what", "value": "''seen''", "if": "id < 3"}]');
SELECT campaign_add_update_data('visits', 'clear', operation => 'delete', target => 'visits', by => '{"customer_id": "nullif(id, 2) - 1"}', after => 'mark');
SELECT campaign_publish('visits');
SELECT campaign_start('visits') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT * FROM visits ORDER BY 1, 2;
SELECT campaign_drop('visits');

-- Several rows of the table may be meant: all that change are changed, and
-- counted; a row is unchanged if none of them does.
TRUNCATE visits;
INSERT INTO visits VALUES (1, 'a'), (1, 'b'), (1, 'seen'), (2, 'seen'), (2, 'seen'), (4, 'a'), (4, 'refused'), (NULL, 'a');
ALTER TABLE visits ADD CHECK (page <> 'seen' OR customer_id <> 4);
SELECT campaign_create('several', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('several', 'everybody', filter => 'id <= 5');
SELECT campaign_add_update_data('several', 'mark', operation => 'upsert', target => 'visits', by => '{"customer_id": "id"}', after => 'everybody',
	fields => '[{"column": "page", "value": "''seen''"}]');
SELECT campaign_publish('several');
SELECT campaign_start('several') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT * FROM visits ORDER BY 1, 2;
SELECT format('SELECT * FROM campaign_data.r%s_2_4 ORDER BY 1, 3;', :run) AS query \gset
:query
SELECT campaign_drop('several');

-- Rows whose expressions raise errors are rejected as well, alone; they are
-- evaluated no more, and the next one for the same row of the table counts.
CREATE TABLE ratios (id int PRIMARY KEY, ratio int CHECK (ratio <> 25), best bigint);
SELECT campaign_create('errors', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('errors', 'everybody', filter => 'id BETWEEN 100 AND 299');
SELECT campaign_add_update_data('errors', 'divide', operation => 'upsert', target => 'ratios', by => '{"id": "id / CASE id WHEN 150 THEN 0 ELSE 2 END"}', after => 'everybody',
	fields => '[{"column": "ratio", "value": "1000 / (id - 200)"}, {"column": "best", "value": "id", "if": "(id || CASE id WHEN 111 THEN ''x'' ELSE '''' END)::int > 0"}]', max_errors => 4);
SELECT campaign_add_audience('errors', 'who', after => 'divide.rejected', filter => 'id IN (111, 150, 200, 201, 240, 241)');
SELECT campaign_publish('errors');
SELECT campaign_start('errors') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*) FROM ratios;
SELECT * FROM ratios WHERE id IN (55, 75, 100, 120) ORDER BY id;
SELECT format('SELECT array_agg(id ORDER BY id) FROM campaign_data.r%s_3_1;', :run) AS query \gset
:query
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_alter('errors', 'divide', '{"max_errors": 3}');
SELECT campaign_publish('errors');
TRUNCATE ratios;
SELECT campaign_start('errors') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*) FROM ratios;
SELECT campaign_stop(:run);
SELECT campaign_drop('errors');

-- What is refused.
SELECT campaign_create('wrong', dimension => 'customers');
SELECT campaign_add_audience('wrong', 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'merge', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'nowhere', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'SELECT 1', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'campaign.run', by => '{"run_id": "id"}', fields => '[{"column": "state", "value": "''x''"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', fields => '[{"column": "points", "value": "1"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', by => '{"customer_id": "id"}', fields => '[{"column": "twice", "value": "1"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', by => '{"customer_id": "id"}', fields => '[{"column": "card_id", "value": "1"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', by => '{"customer_id": "id"}', fields => '[{"column": "point", "value": "1"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', by => '{"customer_id": "id"}', fields => '[{"column": "points", "value": "name"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', by => '{"customer_id": "id"}', fields => '[{"column": "points"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', by => '{"customer_id": "id"}', fields => '[{"column": "points", "value": "1", "only": "delete"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'update', target => 'cards', by => '{"customer_id": "id"}', fields => '[{"column": "points", "value": "1", "when": "true"}]', after => 'everybody');
SELECT campaign_add_update_data('wrong', 'x', 'delete', fields => '[{"column": "score", "value": "1"}]', after => 'everybody');
SELECT campaign_drop('wrong');

-- Clean up.
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_update';
DROP SCHEMA update_data CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_update;
DROP ROLE regress_update;
