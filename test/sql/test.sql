-- Would fail if a test took another outcome than the first whose condition
-- holds, evaluated a later one, or let more than one branch go on.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_test LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_test;
CREATE SCHEMA deciding AUTHORIZATION regress_test;
SET SESSION AUTHORIZATION regress_test;
SET search_path = deciding, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
CREATE TABLE stock (item text PRIMARY KEY, pieces int);
INSERT INTO stock VALUES ('cap', 40);
SELECT campaign_dimension('people');

-- F1: test with ordered conditions and a default.
-- Counts of what came in, of what came out anywhere before, variables,
-- subqueries; the first one that holds, and nothing after it is evaluated.
SELECT campaign_create('deciding', dimension => 'people',
	settings => '{"variables": {"least": {"type": "integer", "default": 50}, "mode": {"type": "text"}}}');
SELECT campaign_add_audience('deciding', 'everybody');
SELECT campaign_add_split('deciding', 'groups', after => 'everybody',
	outcomes => '[{"name": "low", "filter": "score < 3"}, {"name": "high"}]');
SELECT campaign_add_audience('deciding', 'chosen', filter => 'score > 5', after => 'groups.high');
SELECT campaign_add_test('deciding', 'enough', after => 'chosen', outcomes => $$[
	{"name": "few", "condition": "rows < vars.least"},
	{"name": "never", "condition": "1 / (rows - 40) > 0"},
	{"name": "many", "condition": "true"}]$$);
SELECT campaign_add_end('deciding', 'few_end', after => 'enough.few');
SELECT campaign_add_end('deciding', 'many_end', after => 'enough.many');
SELECT campaign_add_test('deciding', 'shares', after => 'chosen', default_outcome => 'no_reason', outcomes => $$[
	{"name": "unknown", "condition": "vars.mode = 'x'"},
	{"name": "sold_out", "condition": "everybody.result > (SELECT sum(pieces) FROM stock WHERE groups.low >= 0) + 60"},
	{"name": "mostly_high", "condition": "vars.mode = 'share' AND groups.high > 2 * groups.low AND chosen.result = rows"}]$$);
SELECT campaign_add_fork('deciding', 'reached', after => 'shares.mostly_high');
SELECT campaign_add_audience('deciding', 'still_there', filter => 'score > 8', after => 'reached');
SELECT * FROM campaign_check('deciding') WHERE severity = 'error';
SELECT campaign_publish('deciding');
SELECT campaign_start('deciding') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('enough', 'shares') ORDER BY 1, 2, 3;
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run AND activity ~ '_end|reached|still';
SELECT * FROM campaign_verify(:run);
SELECT campaign_start('deciding', '{"least": 10, "mode": "share"}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND activity IN ('enough', 'shares', 'still_there');
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('shares', 'still_there') ORDER BY 1, 2;
SELECT campaign_alter('deciding', 'enough', $${"outcomes": [
	{"name": "few", "condition": "rows < vars.least"},
	{"name": "many", "condition": "rows > 0"}, {"name": "never", "condition": "1 / (rows - 40) > 0"}]}$$);
SELECT campaign_stop(:run);
SELECT campaign_publish('deciding');
UPDATE stock SET pieces = 10;
SELECT campaign_start('deciding', '{"least": 10}') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('enough', 'shares') ORDER BY 1, 2, 3;
SELECT * FROM campaign_verify(:run);

-- What is refused.
\set VERBOSITY default
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '["a"]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"condition": "true"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "true", "percent": 1}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "true"}, {"name": "a", "condition": "true"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "otherwise", "condition": "true"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', default_outcome => 'The rest', outcomes => '[{"name": "a", "condition": "true"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "rows"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "score > 1"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "count(*) > 1"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "enough.many > 1"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "vars.mood IS NULL"}]');
SELECT campaign_add_test('deciding', 'wrong', after => 'chosen', outcomes => '[{"name": "a", "condition": "true) OR (true"}]');
SELECT campaign_add_end('deciding', 'wrong', after => 'enough');
\set VERBOSITY terse

-- Conditions read as the owner, who may not read this.
RESET SESSION AUTHORIZATION;
CREATE TABLE deciding.secret (n int);
SET SESSION AUTHORIZATION regress_test;
SELECT campaign_add_test('deciding', 'secret', after => 'chosen', outcomes => '[{"name": "a", "condition": "(SELECT count(*) FROM secret) = 0"}]');
SELECT code, message FROM campaign_check('deciding') WHERE severity = 'error';

SELECT campaign_drop('deciding');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_test';
DROP SCHEMA deciding CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_test;
DROP ROLE regress_test;
-- covers F1: ordered conditions, default outcome
