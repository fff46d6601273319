-- Would fail if a draft took what cannot be right, refused what can, or refused
-- without saying what would have been.
SET client_min_messages = warning;
CREATE ROLE regress_graph LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_graph;
CREATE SCHEMA graph AUTHORIZATION regress_graph;
SET SESSION AUTHORIZATION regress_graph;
SET search_path = graph, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text, score integer, member boolean);
CREATE TABLE orders (id bigint PRIMARY KEY, person bigint);
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_dimension('orders');

-- Created.
SELECT campaign_create('graph', 'people', 'A campaign to be changed', '{"keep_populations": true}');
SELECT campaign_create('graph', 'people');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_create('', 'people');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_create(repeat('x', 201), 'people');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_create('other', 'peple');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_create('other', 'people', settings => '{"keep_population": true}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_create('other', 'people', settings => '{"keep_populations": "yes"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_create('other', 'people', settings => '[]');
\echo :LAST_ERROR_SQLSTATE

-- Activities of each kind, with several sources, and outcomes by name.
SELECT campaign_add_audience('graph', 'everybody');
SELECT campaign_add_audience('graph', 'ordered', dimension => 'orders');
SELECT campaign_add_audience('graph', 'members', filter => 'member', skip_empty => true, after => 'everybody');
SELECT campaign_add_split('graph', 'parts', '[{"name": "low", "filter": "score < 10"}, {"name": "some", "percent": 12.5}, {"name": "few", "number": 7}]', seed => 'x', after => 'members.result');
SELECT campaign_add_fork('graph', 'both', after => 'parts.low');
SELECT campaign_add_wait('graph', 'pause', duration => '3 days', after => 'both');
SELECT campaign_add_wait('graph', 'date', fixed_time => '2030-01-01 12:00+02', after => ' both . result '::text);
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_wait('graph', 'date', fixed_time => '2030-01-01 12:00+02', after => ' both.result ');
SELECT campaign_add_join('graph', 'again', primary_set => 'parts.few', after => 'pause, date.result,parts.few');
SELECT campaign_add_email('graph', 'mail', 'Hello {{ id }}', '<p>{{ score }}</p>', address => 'lower(email)', category => 'transactional', one_per_address => false, after => 'again');
SELECT campaign_add_end('graph', 'done', after => 'mail');
SELECT campaign_add('graph', 'generic', 'audience', '{"filter": "score > 1", "skip_empty": null}', 'parts.remainder');
SELECT campaign_add('graph', 'loose', 'end');
\pset format unaligned
\pset tuples_only on
SELECT campaign_graph('graph');
SELECT a.value FROM campaign_export('graph') x, jsonb_array_elements(x -> 'activities') a;
SELECT t.value FROM campaign_export('graph') x, jsonb_array_elements(x -> 'transitions') t;

-- Changed: connected, altered, renamed (references follow), removed.
SELECT campaign_connect('graph', 'parts.some', 'loose');
SELECT campaign_connect('graph', 'parts.low, parts.remainder', 'again');
SELECT campaign_disconnect('graph', 'parts.remainder', 'again');
SELECT campaign_alter('graph', 'mail', '{"address": null, "subject": "Bye {{ id }}"}');
SELECT campaign_rename('graph', 'parts', 'shares');
SELECT campaign_rename('graph', 'shares', 'shares');
SELECT campaign_remove('graph', 'generic');
SELECT campaign_graph('graph');
SELECT options FROM campaign_export('graph') x, jsonb_to_recordset(x -> 'activities') a (name text, options jsonb) WHERE name IN ('mail', 'again') ORDER BY name;
SELECT severity, activity, code, message FROM campaign_check('graph');
\pset format aligned
\pset tuples_only off

-- Names.
SELECT campaign_add('grpah', 'a', 'end');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'done', 'end');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'With Space', 'end');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', '', 'end');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', repeat('a', 64), 'end');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_rename('graph', 'pause', 'date');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_rename('graph', 'pause', '1st');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_rename('graph', 'paus', 'p');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_remove('graph', 'everbody');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_alter('graph', 'mial', '{}');
\echo :LAST_ERROR_SQLSTATE

-- Sources.
SELECT campaign_add_end('graph', 'e', after => 'membrs');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'something else');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'shares');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'shares.lwo');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'members.');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'done');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'e');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => '');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'members,');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_end('graph', 'e', after => 'members, members.result');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_connect('graph', 'both', 'both');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_connect('graph', 'both', 'pause');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_connect('graph', 'both', 'pauze');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_disconnect('graph', 'shares.low', 'pause');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_disconnect('graph', 'shares.low', 'nothing');
\echo :LAST_ERROR_SQLSTATE

-- Kinds and options.
SELECT campaign_add('graph', 'x', 'audeince');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'letter');
\echo :LAST_ERROR_SQLSTATE
-- No name is near to what is too long to be compared.
DO $$
DECLARE
	hint text;
BEGIN
	PERFORM campaign_add('graph', 'x', repeat('q', 1000));
EXCEPTION WHEN undefined_object THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RAISE WARNING '%', hint;
END $$;
SELECT campaign_add('graph', 'x', 'audience', '{"filtre": "true"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'audience', '{"where": "true"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'fork', '{"branches": 2}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'audience', '{"filter": true}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'audience', '{"skip_empty": "yes"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'audience', '["filter"]');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'audience', '"filter"');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_audience('graph', 'x', filter => 'scroe > 1');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_audience('graph', 'x', dimension => 'order');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_audience('graph', 'x', dimension => 'orders', after => 'everybody');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'email', '{"subject": "s"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_email('graph', 'x', 's', 'b', category => 'market', after => 'members');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_email('graph', 'x', 's', 'b', address => 'mail', after => 'members');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_email('graph', 'x', 's', 'b', after => 'ordered');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_wait('graph', 'x', after => 'members');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_wait('graph', 'x', '1 day', '2030-01-01', after => 'members');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'wait', '{"duration": "three days"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'wait', '{"duration": "-1 day"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'wait', '{"duration": "11 years"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'wait', '{"fixed_time": "infinity"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'wait', '{"fixed_time": "never"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add('graph', 'x', 'wait', '{"fixed_time": 5}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_join('graph', 'x', primary_set => 'mebers', after => 'members, both');
\echo :LAST_ERROR_SQLSTATE

-- Splits.
DO $$
DECLARE
	given jsonb;
	said text;
	advice text;
BEGIN
	FOREACH given IN ARRAY ARRAY['[]', '{}', '[1]', '["a"]', '[[]]', 'null', '[{"percent": 10}]', '[{"name": "A"}]',
		'[{"name": "a", "percent": 101}]', '[{"name": "a", "percent": -1}]', '[{"name": "a", "percent": "x"}]',
		'[{"name": "a", "percent": "NaN"}]', '[{"name": "a", "percent": "10"}]', '[{"name": "a", "percent": 60}, {"name": "b", "percent": 41}]',
		'[{"name": "a", "number": -1}]', '[{"name": "a", "number": 1e16}]', '[{"name": "a", "number": 1.5}]',
		'[{"name": "a", "percent": 1, "number": 1}]', '[{"name": "a", "precent": 1}]', '[{"name": "a", "filter": 1}]',
		'[{"name": "a", "filter": "scroe"}]', '[{"name": "a", "filter": "score"}]',
		'[{"name": "a"}, {"name": "b"}]', '[{"name": "a", "percent": 1}, {"name": "a"}]', '[{"name": "remainder"}]',
		'[{"name": "a", "filter": null}]', '[{"name": "a", "percent": null}]', '[{"name": "a", "filter": ["x"]}]',
		(SELECT jsonb_agg(jsonb_build_object('name', 'o' || i, 'number', 1)) FROM generate_series(1, 61) i)]::jsonb[]
	LOOP
		BEGIN
			PERFORM campaign_add('graph', 'x', 'split', jsonb_build_object('outcomes', given), 'both');
			PERFORM campaign_remove('graph', 'x');
			RAISE WARNING '%: accepted', left(given::text, 60);
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
			RAISE WARNING '%: % % / %', left(given::text, 60), SQLSTATE, said, advice;
		END;
	END LOOP;
END $$;

-- Limits.
SET campaign.max_activities = 11;
RESET SESSION AUTHORIZATION;
SET campaign.max_activities = 11;
SELECT campaign_add('graph', 'x', 'end');
\echo :LAST_ERROR_SQLSTATE
RESET campaign.max_activities;

-- Nothing of what was refused is left.
SET SESSION AUTHORIZATION regress_graph;
SELECT count(*) FROM campaign_export('graph') x, jsonb_array_elements(x -> 'activities');
SELECT event, activity, message FROM campaign.log WHERE campaign = 'graph' ORDER BY log_id DESC LIMIT 6;

-- Dropped: not while a run is under way.
SELECT campaign_create('short', 'people');
SELECT campaign_add_audience('short', 'everybody');
SELECT campaign_add_wait('short', 'pause', '1 day', after => 'everybody');
SELECT campaign_publish('short');
SELECT campaign_start('short') AS run \gset
SELECT campaign_wait(:run);
\set VERBOSITY sqlstate
SELECT campaign_drop('short');
SELECT campaign_start('short');
\set VERBOSITY default
SELECT campaign_stop(:run);
SELECT campaign_drop('short');
SELECT campaign_drop('short');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_drop('graph');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relowner = 'regress_graph'::regrole;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_graph';
DROP SCHEMA graph CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_graph;
DROP ROLE regress_graph;
