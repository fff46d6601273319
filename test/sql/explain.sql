-- Would fail if an explanation did not show what is executed, left anything
-- behind, showed plans to others than the owner, or gave advice that is none.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE explain_owner LOGIN;
CREATE ROLE explain_member LOGIN IN ROLE explain_owner;
GRANT USAGE ON SCHEMA campaign TO explain_owner;
GRANT CREATE ON SCHEMA public TO explain_owner;
SET SESSION AUTHORIZATION explain_owner;
CREATE TABLE explain_reader (id int PRIMARY KEY, email text, opt_in boolean, town int, joined date);
INSERT INTO explain_reader SELECT i, i || '@x.org', i % 2 = 0, i % 1000, '2026-01-01'::date + i % 100 FROM generate_series(1, 20000) i;
CREATE TABLE explain_visit (reader int, at timestamptz, page text);
INSERT INTO explain_visit SELECT i, '2026-01-01'::timestamptz + i * interval '1 minute', 'p' || i FROM generate_series(1, 20000) i;
ANALYZE explain_reader, explain_visit;
SELECT campaign_dimension('explain_reader', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_create('explained', 'explain_reader', settings => '{"variables": {"town": {"type": "integer", "default": 7}}}');
SELECT campaign_add_audience('explained', 'all');
SELECT campaign_add_split('explained', 'ab', '[{"name": "few", "percent": 10}, {"name": "many"}]', after => 'all');
SELECT campaign_add_wait('explained', 'later', after => 'ab.many', duration => '1 year');
SELECT campaign_add_test('explained', 'enough', '[{"name": "yes", "condition": "rows > 0"}]', after => 'later');
SELECT campaign_add_email('explained', 'mail', after => 'enough.yes', subject => 's', body => 'unsubscribe');
SELECT campaign_add_audience('explained', 'opened', after => 'mail', feedback => '{"delivery": "mail", "is": "opened"}');
SELECT campaign_add_save_audience('explained', 'keep', after => 'opened', audience => 'explain_kept');
SELECT campaign_add_end('explained', 'over', after => 'keep');
SELECT campaign_add_audience('explained', 'of_town', filter => 'town = vars.town');

-- The statements, and estimates that go down the graph.
SELECT activity, outcome, sql IS NOT NULL AS sql, cost > 0 AS cost, estimated_rows, actual_rows, elapsed, advice FROM campaign_explain('explained');
SELECT sql FROM campaign_explain('explained') WHERE activity = 'of_town' AND sql IS NOT NULL;
SELECT sql ~ 'campaign_data."all.result"' AS named FROM campaign_explain('explained') WHERE activity = 'ab' AND sql IS NOT NULL;
-- The truth beside it.
SELECT activity, outcome, actual_rows, elapsed >= '0' AS elapsed FROM campaign_explain('explained', analyzed => true, variables => '{"town": 3}');
-- Nothing is left of it, and the draft can be explained beside its test.
SELECT campaign_test('explained', until => 'all') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*) FROM campaign_explain('explained', true);
SELECT DISTINCT run_id = :run FROM campaign.run_progress;
SELECT count(*) FROM campaign.message;
SELECT count(*) FROM campaign.audiences;
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relowner = 'explain_owner'::regrole AND relkind = 'r';

-- Advice: only of what an index would help, and of no column that has one.
SELECT campaign_remove('explained', a) FROM unnest('{ab,later,enough,mail,opened,keep,over,all}'::text[]) a;
\pset tuples_only on
\pset format unaligned
SELECT format($$SELECT %L, campaign_alter('explained', 'of_town', jsonb_build_object('filter', %L::text))$$, filter, filter),
	$$SELECT advice FROM campaign_explain('explained') WHERE sql IS NOT NULL$$
FROM (VALUES (1, 'town = 3'), (2, 'town IN (3, 4)'), (3, 'town <> 3'), (4, 'town > 3'), (5, 'town + 0 = 3'), (6, 'id = 3'),
	(7, 'town = 3 AND joined = ''2026-01-05'''), (8, 'town = 3 AND email LIKE ''1%'''),
	(9, 'EXISTS (SELECT FROM explain_visit v WHERE v.reader = id AND v.at < ''2026-01-01 01:00+0'')')) f (n, filter)
ORDER BY n \gexec
\pset tuples_only off
\pset format aligned
CREATE INDEX ON explain_reader (town, joined);
SELECT campaign_alter('explained', 'of_town', '{"filter": "joined = ''2026-01-05''"}');
SELECT advice FROM campaign_explain('explained') WHERE sql IS NOT NULL;
SELECT campaign_alter('explained', 'of_town', '{"filter": "town = 3"}');
SELECT advice FROM campaign_explain('explained') WHERE sql IS NOT NULL;

-- What a run executes in one statement: chains, what is behind a split, audiences
-- that come together; each beside what it would be alone.
SELECT campaign_create('joined', 'explain_reader');
SELECT campaign_add_audience('joined', 'near', filter => 'town < 500');
SELECT campaign_add_audience('joined', 'visitors', filter => 'id IN (SELECT v.reader FROM explain_visit v WHERE v.page > ''p2'')');
SELECT campaign_add_combine('joined', 'both', operation => 'intersection', after => 'near, visitors');
SELECT campaign_add_split('joined', 'parted', '[{"name": "some", "percent": 10}, {"name": "others"}]', after => 'both');
SELECT campaign_add_email('joined', 'first', after => 'parted.some', subject => 's', body => 'unsubscribe');
SELECT campaign_add_email('joined', 'second', after => 'parted.others', subject => 's', body => 'unsubscribe');
SELECT campaign_add_audience('joined', 'late', filter => 'joined > ''2026-03-01''', after => 'second');
SELECT campaign_add_deduplicate('joined', 'once', by => 'town', after => 'late');
SELECT campaign_add_save_audience('joined', 'kept', after => 'once', audience => 'explain_kept');
SELECT campaign_add_audience('joined', 'alone');
SELECT activity, outcome, sql IS NOT NULL AS sql, together_with, together_sql IS NOT NULL AS together_sql FROM campaign_explain('joined');
SELECT activity, together_sql ~ 'town < 500' AS near, together_sql ~ 'v.page > ''p2''' AS visitors, together_sql ~ 'campaign_data' AS population FROM campaign_explain('joined') WHERE together_sql IS NOT NULL;
SELECT sql ~ 'campaign_data."near.result"' AS by_itself FROM campaign_explain('joined') WHERE activity = 'both' AND sql IS NOT NULL;
SET campaign.enable_fusion = off;
SELECT count(together_with) FROM campaign_explain('joined');
RESET campaign.enable_fusion;
SELECT campaign_define(jsonb_set(campaign_export('joined'), '{settings}', '{"keep_populations": true}'));
SELECT count(together_with) FROM campaign_explain('joined');
SELECT campaign_drop('joined');

-- What is wrong.
SELECT campaign_explain('nothing');
SELECT campaign_explain(NULL);
SELECT campaign_explain('explained', NULL);
SELECT campaign_explain('explained', variables => '{"twon": 1}');
SELECT campaign_alter('explained', 'of_town', '{"filter": "1 / (town - town) = 1"}');
SELECT count(*) FROM campaign_explain('explained');
SELECT count(*) FROM campaign_explain('explained', true);
SELECT count(*) FROM campaign_explain('explained');
SET SESSION AUTHORIZATION explain_member;
SELECT campaign_explain('explained');
SET SESSION AUTHORIZATION explain_owner;
SELECT campaign_drop('explained');
DROP TABLE explain_reader, explain_visit;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.version WHERE number < -1;
DROP OWNED BY explain_owner, explain_member;
DROP ROLE explain_owner, explain_member;
