-- Activities that are executed in one statement must come to the same as one
-- after the other: every count, population, message, exclusion and state, in
-- graphs that nobody thought of.
\set VERBOSITY terse
CREATE ROLE regress_fusion LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_fusion;
CREATE SCHEMA fusion AUTHORIZATION regress_fusion;
SET search_path = fusion, public;
-- The rows of a population, to who may not read it.
CREATE FUNCTION fusion.rows_of(population text) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t::text FROM campaign_data.%I t', population);
END $$;
-- What became of a run.
CREATE TABLE fusion.seen (campaign text, mode text, what text, value text);
CREATE FUNCTION fusion.look(text, text, bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = fusion, public AS $$
	INSERT INTO seen
	SELECT $1, $2, 'run', state FROM campaign.run WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'task', concat_ws(' ', activity, state, rows_in, attempts, sqlstate, error) FROM campaign.task WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'flow', concat_ws(' ', source, outcome, rows, dimension, active) FROM campaign.flow WHERE run_id = $3
	-- What has been read may be there still.
	UNION ALL SELECT $1, $2, 'population ' || f.source || '.' || f.outcome, p
		FROM campaign.flow AS f JOIN campaign.run USING (run_id) JOIN campaign.transition AS t USING (version_id, source, outcome)
		JOIN campaign.task AS u ON u.run_id = f.run_id AND u.activity = t.target, rows_of(f.population) AS p
		WHERE f.run_id = $3 AND f.population IS NOT NULL AND u.state IN ('pending', 'ready', 'waiting', 'failed')
	UNION ALL SELECT $1, $2, 'message', concat_ws(' ', activity, recipient, address, variables) FROM campaign.dispatch JOIN campaign.delivery USING (delivery_id)
		WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'excluded', concat_ws(' ', activity, recipient, reason) FROM campaign.excluded WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'log', concat_ws(' ', activity, event, old_state, new_state, sqlstate, message) FROM campaign.log WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'at once', a.kind || ', ' || b.kind FROM campaign.run JOIN campaign.transition AS t USING (version_id)
		JOIN campaign.activity AS a ON a.version_id = t.version_id AND a.name = t.source JOIN campaign.activity AS b ON b.version_id = t.version_id AND b.name = t.target
		JOIN campaign.task AS s ON s.run_id = $3 AND s.activity = a.name JOIN campaign.task AS u ON u.run_id = $3 AND u.activity = b.name AND u.started_at = s.started_at
		WHERE campaign.run.run_id = $3
	UNION ALL SELECT $1, $2, 'verify', v::text FROM campaign_verify($3) AS v
$$;
GRANT ALL ON TABLE fusion.seen TO regress_fusion;
-- Deliveries that wait for somebody to look at them.
CREATE FUNCTION fusion.unconfirmed(bigint) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER AS 'SELECT activity FROM campaign.delivery WHERE run_id = $1 AND NOT confirmed';
SET SESSION AUTHORIZATION regress_fusion;

-- People without address, consent, score; with mailboxes they share.
CREATE TABLE people (id bigint PRIMARY KEY, email text, opt_in boolean, country text, score int);
INSERT INTO people
SELECT n, CASE WHEN n % 13 = 0 THEN NULL WHEN n % 7 = 0 THEN 'm' || n % 20 || '@x.example' WHEN n % 31 = 0 THEN 'nowhere' ELSE 'p' || n || '@x.example' END,
	CASE WHEN n % 11 = 0 THEN NULL ELSE n % 9 <> 0 END, CASE WHEN n % 6 = 0 THEN NULL ELSE ('{DE,FR,JP,BR}'::text[])[1 + n % 4] END,
	CASE WHEN n % 17 = 0 THEN NULL ELSE n % 10 END
FROM generate_series(1, 400) AS n;
CREATE TABLE orders (id int PRIMARY KEY, person bigint NOT NULL REFERENCES people, total int);
INSERT INTO orders SELECT n, 1 + n * 7 % 250, n % 90 FROM generate_series(1, 700) AS n;
-- The same with keys that nothing proves: NULL, and there twice.
CREATE TABLE loose AS SELECT CASE WHEN id % 50 = 0 THEN NULL WHEN id % 40 = 1 THEN 41 ELSE id END AS id, email, opt_in, country, score FROM people;
CREATE TABLE places (country text, town text, email text, opt_in boolean, score int, PRIMARY KEY (country, town));
INSERT INTO places SELECT ('{DE,FR,JP,BR}'::text[])[1 + n % 4], 'town, ' || n, 't' || n || '@x.example', n % 5 <> 0, n % 10 FROM generate_series(1, 40) AS n;
ANALYZE people, orders, loose, places;
SELECT campaign_dimension(d, addresses => '{"email": "email"}', consent => '{"email": "opt_in"}',
	key => CASE d WHEN 'loose'::regclass THEN 'id' END) FROM unnest('{people,loose,places}'::regclass[]) AS d;

-- A number from 1 to most, the same for the same place.
CREATE FUNCTION pick(place text, most int) RETURNS int LANGUAGE sql IMMUTABLE
AS $$ SELECT 1 + (('x' || substr(md5(place), 1, 7))::bit(28)::int % most) $$;
CREATE FUNCTION choose(place text, VARIADIC choices text[]) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT choices[pick(place, cardinality(choices))] $$;

-- Options of an activity.
CREATE FUNCTION options_of(place text, kind text, dimension text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT coalesce(CASE kind
	WHEN 'audience' THEN jsonb_strip_nulls(jsonb_build_object(
		'filter', choose(place || 'f', NULL, 'score > 3', 'score IS DISTINCT FROM 4', 'false', 'country IN (''DE'', ''FR'', vars.country)',
			'100 / nullif(score, 0) > 20', 'length(email) > 1 OR score = 2', '10 / (score - 3) < 4',
			CASE WHEN dimension = 'people' THEN 'EXISTS (SELECT FROM orders o WHERE o.person = people.id AND o.total > 20)' ELSE 'score < 8' END,
			CASE WHEN dimension = 'people' THEN 'id IN (SELECT o.person FROM orders o)' ELSE 'score = score' END),
		'skip_empty', nullif(pick(place || 's', 9) = 1, false)))
	WHEN 'deduplicate' THEN jsonb_build_object('by', choose(place || 'b', 'lower(email)', 'country', 'country, score', 'length(email)'))
		|| choose(place || 'k', '{}', '{"keep": "score DESC"}', '{"max_rows": 3}', '{"match_nulls": true, "keep": "email"}')::jsonb
	WHEN 'split' THEN jsonb_build_object('outcomes', choose(place || 'o',
		'[{"name": "a", "percent": 30}, {"name": "b", "percent": 50}]', '[{"name": "a", "number": 40}, {"name": "b"}]',
		'[{"name": "a", "filter": "score > 5"}, {"name": "b", "number": 25, "sort_by": "score DESC"}]',
		'[{"name": "a", "percent": 20, "by": "country"}, {"name": "b", "filter": "country IS NULL"}]',
		'[{"name": "a", "number": 3, "by": "country", "sort_by": "score"}, {"name": "b"}]',
		'[{"name": "a", "filter": "10 / (score - 6) > 1"}, {"name": "b"}]')::jsonb)
		|| choose(place || 'e', '{}', '{}', '{"exact": true}', '{"segment_column": "segment_$"}')::jsonb
	WHEN 'enrich' THEN jsonb_build_object('columns', replace(choose(place || 'c',
		'{"c_$": "score * 2"}', '{"c_$": "''x''", "d_$": "coalesce(country, ''-'')"}', '{"c_$": "NULL"}', '{"c_$": "7 / nullif(score, 0)", "d_$": "now() IS NOT NULL"}',
		'{"c_$": "7 / (score - 9)"}', '{"c_$": "ARRAY[score, 1]"}'), '$', substr(md5(place), 1, 6))::jsonb)
	WHEN 'email' THEN jsonb_build_object('subject', choose(place || 's', 'Hello {{ country }}', 'For {{ score }}', '{{ vars.country }}'),
		'body', choose(place || 'b', '<p>{{ email }} {{ score }}</p>', '<p>{{ 12 / nullif(score, 0) }}</p>', '<p>{{ 12 / (score - 5) }}</p>', '<p>-</p>'))
		|| choose(place || 'r', '{}', '{"one_per_address": false}', '{"control_percent": 20}', '{"category": "transactional"}', '{"max_errors": 5}')::jsonb
	WHEN 'wait' THEN '{"duration": "1 year"}'
	WHEN 'test' THEN '{"outcomes": [{"name": "many", "condition": "rows > 50"}]}'
	ELSE '{}' END::jsonb, '{}')
	|| CASE pick(place || 'x', 20) WHEN 1 THEN '{"on_error": "ignore"}' WHEN 2 THEN '{"execution": "pass_through"}'
		WHEN 3 THEN '{"retries": 1, "retry_after": "0"}' WHEN 4 THEN '{"execution": "disabled"}' ELSE '{}' END::jsonb
$$;

-- A campaign: from each outcome that is open something may go on.
CREATE FUNCTION make(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	dimension text := choose(name || 'd', 'people', 'people', 'people', 'loose', 'places');
	open text[] := ARRAY['start'];
	number int := 0;
	source text;
	kind text;
	activity text;
	given jsonb;
BEGIN
	PERFORM campaign_create(name, dimension, settings => '{"variables": {"country": {"type": "text", "default": "JP"}}}');
	WHILE cardinality(open) > 0 LOOP
		source := open[1];
		open := open[2:];
		number := number + 1;
		activity := 'a' || number;
		kind := CASE WHEN source = 'start' THEN 'audience' WHEN number > 9 THEN choose(name || number, 'email', 'wait')
			ELSE choose(name || number, 'audience', 'audience', 'deduplicate', 'deduplicate', 'split', 'split', 'enrich', 'enrich', 'enrich', 'email', 'email', 'wait', 'test', 'end') END;
		given := replace(options_of(name || number, kind, dimension)::text, '$', number::text)::jsonb;
		IF source = 'start' THEN
			given := given - 'execution';
		END IF;
		PERFORM campaign_add(name, activity, kind, given, after => nullif(source, 'start'));
		open := open || CASE kind
			WHEN 'audience' THEN ARRAY[activity] || CASE WHEN pick(name || number || 'r', 6) = 1 THEN ARRAY[activity || '.rejected'] ELSE '{}' END
				|| CASE WHEN pick(name || number || 'f', 7) = 1 THEN ARRAY[activity] ELSE '{}' END
			WHEN 'deduplicate' THEN ARRAY[activity] || CASE WHEN pick(name || number || 'r', 5) = 1 THEN ARRAY[activity || '.duplicates'] ELSE '{}' END
			WHEN 'split' THEN ARRAY[activity || '.a'] || CASE WHEN pick(name || number || 'r', 3) > 1 THEN ARRAY[activity || '.b'] ELSE '{}' END
			WHEN 'enrich' THEN ARRAY[activity] || CASE WHEN pick(name || number || 'r', 10) = 1 THEN ARRAY[activity || '.error'] ELSE '{}' END
			WHEN 'email' THEN CASE WHEN pick(name || number || 'r', 3) = 1 THEN ARRAY[activity] ELSE '{}' END
			WHEN 'test' THEN ARRAY[activity || '.many', activity || '.otherwise']
			ELSE '{}' END;
		IF source LIKE '%.error' THEN
			PERFORM campaign_alter(name, split_part(source, '.', 1), '{"on_error": null}');
		END IF;
	END LOOP;
	PERFORM campaign_publish(name);
END $$;
SELECT count(make('f' || n)) FROM generate_series(1, 40) AS n;

-- Splits of two to five, each outcome with a delivery of its own, some with
-- none and some with something after it: on what an audience gives, and on what
-- was written before.
CREATE FUNCTION make_fan(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	dimension text := choose(name || 'd', 'people', 'people', 'people', 'loose', 'places');
	outcomes jsonb := choose(name || 'o',
		'[{"name": "a", "percent": 50}, {"name": "b"}]', '[{"name": "a", "percent": 40}, {"name": "b", "percent": 30}]',
		'[{"name": "a", "filter": "score > 5"}, {"name": "b", "filter": "false"}, {"name": "c", "percent": 50}, {"name": "d"}]',
		'[{"name": "a", "filter": "country = ''DE''"}, {"name": "b", "filter": "country = ''FR''"}, {"name": "c", "filter": "country = vars.country"}, {"name": "d", "filter": "score < 4"}, {"name": "e"}]',
		'[{"name": "a", "percent": 5, "sort_by": "score DESC, id"}, {"name": "b", "percent": 25, "sort_by": "score DESC, id"}, {"name": "c"}]',
		'[{"name": "a", "number": 30, "sort_by": "score"}, {"name": "b", "percent": 40, "sort_by": "score"}]',
		'[{"name": "a", "number": 5, "by": "country"}, {"name": "b", "filter": "score > 2"}, {"name": "c"}]',
		'[{"name": "a", "filter": "10 / (score - 6) > 1"}, {"name": "b"}]',
		'[{"name": "a", "filter": "score = 1"}, {"name": "b", "number": 20, "sort_by": "email"}, {"name": "c"}]');
	source text := 'all';
	outcome text;
BEGIN
	IF dimension = 'places' THEN
		outcomes := replace(outcomes::text, 'score DESC, id', 'score DESC, town')::jsonb;
	END IF;
	PERFORM campaign_create(name, dimension, settings => '{"variables": {"country": {"type": "text", "default": "JP"}}}');
	PERFORM campaign_add_audience(name, 'all', filter => choose(name || 'f', 'score IS DISTINCT FROM 4', 'true', 'false', 'length(email) > 1'));
	IF pick(name || 'w', 2) = 1 THEN
		source := 'then';
		PERFORM campaign_add(name, source, 'wait', '{"duration": "0"}', after => 'all');
	END IF;
	PERFORM campaign_add(name, 'parted', 'split', jsonb_build_object('outcomes', outcomes)
		|| choose(name || 'e', '{}', '{}', '{}', '{"exact": true}')::jsonb, after => source);
	FOR outcome IN SELECT o ->> 'name' FROM jsonb_array_elements(outcomes) AS o LOOP
		CONTINUE WHEN pick(name || outcome || 'n', 7) = 1;
		PERFORM campaign_add(name, 'mail_' || outcome, 'email', jsonb_build_object(
			'subject', choose(name || outcome || 's', 'Hello {{ country }}', 'For {{ score }}', '{{ vars.country }}'),
			'body', choose(name || outcome || 'b', '<p>{{ email }} {{ score }}</p>', '<p>{{ 12 / nullif(score, 0) }}</p>', '<p>-</p>', '<p>{{ upper(country) }}</p>',
				'<p>{{ coalesce(score, 0) * 2 }} {{ email }}</p>', CASE WHEN pick(name, 4) = 1 THEN '<p>{{ 12 / (score - 5) }}</p>' ELSE '<p>{{ country }}</p>' END))
			|| choose(name || outcome || 'r', '{}', '{}', '{}', '{"one_per_address": false}', '{"category": "transactional"}', '{"address": "''all@x.example''"}',
				'{"max_messages": 3}', '{"valid_for": "1 day"}')::jsonb
			|| CASE pick(name || outcome || 'q', 24) WHEN 1 THEN '{"control_percent": 20}' WHEN 2 THEN '{"send_at": "2030-01-01"}' ELSE '{}' END::jsonb,
			after => 'parted.' || outcome);
		IF pick(name || outcome || 'm', 4) = 1 THEN
			PERFORM campaign_add(name, 'after_' || outcome, 'audience', '{"filter": "score > 2"}', after => 'mail_' || outcome);
		END IF;
	END LOOP;
	PERFORM campaign_publish(name);
END $$;
SELECT count(make_fan('g' || n)) FROM generate_series(1, 60) AS n;

-- Each is run twice, in as few statements as may be and in one for each
-- activity.  What was executed in one statement began at one instant.
CREATE TABLE runs (campaign text, mode text, run bigint);
CREATE VIEW steps AS SELECT 'f' || n AS campaign FROM generate_series(1, 40) AS n UNION ALL SELECT 'g' || n FROM generate_series(1, 60) AS n;
\o /dev/null
INSERT INTO runs SELECT campaign, 'fused', campaign_start(campaign) FROM steps;
SELECT count(campaign_wait(run)) FROM runs WHERE mode = 'fused';
SELECT campaign_confirm(run, activity) FROM runs, unconfirmed(run) AS activity WHERE mode = 'fused';
SELECT count(campaign_wait(run)) FROM runs WHERE mode = 'fused';
SELECT look(campaign, mode, run) FROM runs WHERE mode = 'fused';
SELECT campaign_stop(run) FROM runs JOIN seen USING (campaign, mode) WHERE what = 'run' AND value <> 'succeeded';
ALTER ROLE regress_fusion SET campaign.enable_fusion = off;
INSERT INTO runs SELECT campaign, 'alone', campaign_start(campaign) FROM steps;
SELECT count(campaign_wait(run)) FROM runs WHERE mode = 'alone';
SELECT campaign_confirm(run, activity) FROM runs, unconfirmed(run) AS activity WHERE mode = 'alone';
SELECT count(campaign_wait(run)) FROM runs WHERE mode = 'alone';
SELECT look(campaign, mode, run) FROM runs WHERE mode = 'alone';
\o
SELECT coalesce(f.campaign, a.campaign) AS campaign, what, f.value AS fused, a.value AS alone
FROM (SELECT *, row_number() OVER (PARTITION BY campaign, what, value) AS n FROM seen WHERE mode = 'fused') AS f
FULL JOIN (SELECT *, row_number() OVER (PARTITION BY campaign, what, value) AS n FROM seen WHERE mode = 'alone') AS a
	USING (campaign, what, value, n)
WHERE (f.mode IS NULL OR a.mode IS NULL) AND what <> 'at once' ORDER BY 1, 2, 3, 4 LIMIT 20;
-- What was executed in one statement, and how often.
SELECT mode, value AS activities, count(*) FROM seen WHERE what = 'at once' GROUP BY 1, 2 ORDER BY 1, 2;

-- Nothing is left behind.
\o /dev/null
SELECT campaign_stop(run) FROM runs JOIN seen USING (campaign, mode) WHERE what = 'run' AND value <> 'succeeded' AND mode = 'alone';
SELECT campaign_drop(campaign) FROM steps;
\o
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_fusion';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_fusion';
DELETE FROM campaign.log WHERE role_name = 'regress_fusion';
SET client_min_messages = warning;
DROP SCHEMA fusion CASCADE;
DROP OWNED BY regress_fusion;
DROP ROLE regress_fusion;
