-- Activities that are executed in one statement must come to the same as one
-- after the other: every count, population, message, exclusion and state, in
-- graphs that nobody thought of.
\set VERBOSITY terse
CREATE ROLE regress_fusion LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_fusion;
-- Servers before November 2024 count parallel workers as of who has logged in.
GRANT pg_read_all_stats TO regress_fusion;
CREATE SCHEMA fusion AUTHORIZATION regress_fusion;
SET search_path = fusion, public;
-- The rows of a population, to who may not read it.
CREATE FUNCTION fusion.rows_of(population text) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t::text FROM campaign_data.%I t', population);
END $$;
-- A kind, and whether it links tables or counts percentages out.
CREATE FUNCTION fusion.label(kind text, options jsonb) RETURNS text LANGUAGE sql
AS $$ SELECT kind || CASE WHEN options ? 'links' THEN ' with links' WHEN options::text ~ 'exact": true|percent[^}]*sort_by' THEN ', counted out' ELSE '' END $$;
-- What became of a run.
CREATE TABLE fusion.seen (campaign text, mode text, what text, value text);
CREATE FUNCTION fusion.look(text, text, bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = fusion, public AS $$
	INSERT INTO seen
	SELECT $1, $2, 'run', state FROM campaign.run WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'task', concat_ws(' ', activity, state, rows_in, attempts, sqlstate, error) FROM campaign.task WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'overlap', activity || ' ' || o FROM campaign.task, jsonb_array_elements(task.overlap) AS o WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'flow', concat_ws(' ', source, outcome, rows, dimension, active) FROM campaign.flow WHERE run_id = $3
	-- What has been read may be there still.
	UNION ALL SELECT $1, $2, 'population ' || f.source || '.' || f.outcome, p
		FROM campaign.flow AS f JOIN campaign.run USING (run_id) JOIN campaign.transition AS t USING (version_id, source, outcome)
		JOIN campaign.task AS u ON u.run_id = f.run_id AND u.activity = t.target, rows_of(f.population) AS p
		WHERE f.run_id = $3 AND f.population IS NOT NULL AND u.state IN ('pending', 'ready', 'waiting', 'failed') AND NOT (u.state = 'waiting' AND u.activity LIKE 'mail%')
	UNION ALL SELECT $1, $2, 'message', concat_ws(' ', activity, recipient, address, variables) FROM campaign.dispatch JOIN campaign.delivery USING (delivery_id)
		WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'excluded', concat_ws(' ', activity, recipient, reason) FROM campaign.excluded WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'log', concat_ws(' ', activity, event, old_state, new_state, sqlstate, message) FROM campaign.log WHERE run_id = $3
	UNION ALL SELECT $1, $2, 'at once', label(a.kind, a.options) || ', ' || label(b.kind, b.options) FROM campaign.run JOIN campaign.transition AS t USING (version_id)
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
CREATE INDEX ON orders (person);
INSERT INTO orders SELECT n, 1 + n * 7 % 250, n % 90 FROM generate_series(1, 700) AS n;
-- The same with keys that nothing proves: NULL, and there twice.
CREATE TABLE loose AS SELECT CASE WHEN id % 50 = 0 THEN NULL WHEN id % 40 = 1 THEN 41 ELSE id END AS id, email, opt_in, country, score FROM people;
CREATE TABLE places (country text, town text, email text, opt_in boolean, score int, PRIMARY KEY (country, town));
INSERT INTO places SELECT ('{DE,FR,JP,BR}'::text[])[1 + n % 4], 'town, ' || n, 't' || n || '@x.example', n % 5 <> 0, n % 10 FROM generate_series(1, 40) AS n;
ANALYZE people, orders, loose, places;
SELECT campaign_dimension(d, addresses => '{"email": "email"}', consent => '{"email": "opt_in"}',
	key => CASE d WHEN 'loose'::regclass THEN 'id' END) FROM unnest('{people,loose,places}'::regclass[]) AS d;

-- Another one each time, and between 0 and 1.
CREATE FUNCTION chance() RETURNS float8 LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.random() $$;
-- A number from 1 to most, the same for the same place.
CREATE FUNCTION pick(place text, most int) RETURNS int LANGUAGE sql IMMUTABLE
AS $$ SELECT 1 + (('x' || substr(md5(place), 1, 7))::bit(28)::int % most) $$;
CREATE FUNCTION choose(place text, VARIADIC choices text[]) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT choices[pick(place, cardinality(choices))] $$;

-- Options of an activity.
CREATE FUNCTION options_of(place text, kind text, dimension text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT coalesce(CASE kind
	WHEN 'audience' THEN jsonb_strip_nulls(jsonb_build_object(
		'filter', choose(place || 'f', NULL, 'score > 3', 'score IS DISTINCT FROM 4', 'score <> 3', 'false', 'country IN (''DE'', ''FR'', vars.country)',
			'100 / nullif(score, 0) > 20', 'length(email) > 1 OR score = 2', '10 / (score - 3) < 4', 'score <> 6', 'score <> 9 AND chance() < 1', 'email IS NOT NULL',
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
		'[{"name": "a", "percent": 12.5, "sort_by": "score DESC, #"}, {"name": "b", "percent": 33.3, "sort_by": "score DESC, #"}]',
		'[{"name": "a", "percent": 10, "sort_by": "email"}, {"name": "b", "number": 7, "sort_by": "email"}]',
		'[{"name": "a", "percent": 50, "sort_by": "score", "with_ties": true}, {"name": "b"}]',
		'[{"name": "a", "percent": 25, "by": "country", "sort_by": "score"}, {"name": "b"}]',
		'[{"name": "a", "filter": "10 / (score - 6) > 1"}, {"name": "b"}]')::jsonb)
		|| choose(place || 'e', '{}', '{}', '{"exact": true}', '{"segment_column": "segment_$"}')::jsonb
	WHEN 'enrich' THEN jsonb_build_object('columns', replace(choose(place || 'c',
		'{"c_$": "score * 2"}', '{"c_$": "''x''", "d_$": "coalesce(country, ''-'')"}', '{"c_$": "NULL"}', '{"c_$": "7 / nullif(score, 0)", "d_$": "now() IS NOT NULL"}',
		'{"c_$": "7 / (score - 9)"}', '{"c_$": "ARRAY[score, 1]"}', '{"c_$": "chance() < 1"}'), '$', substr(md5(place), 1, 6))::jsonb)
		|| CASE WHEN dimension <> 'people' THEN '{}' ELSE replace(choose(place || 'l', '{}', '{}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.person = people.id", "aggregate": true, "columns": {"e_$": "count(*)", "f_$": "sum(o.total)", "g_$": "max(o.total)"}}]}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.person = people.id", "filter": "o.total > 20", "aggregate": true, "columns": {"e_$": "count(*)", "f_$": "avg(o.total)::int"}}]}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.person = people.id", "aggregate": true, "columns": {"e_$": "count(*) / count(o.total)", "f_$": "sum(o.total / (o.id - 5))"}}]}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.total = people.score * 7 AND o.id % 3 = 1", "aggregate": true, "columns": {"e_$": "string_agg(o.id::text, '','' ORDER BY o.id)", "f_$": "max(people.score + o.id)"}}]}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.person = people.id", "cardinality": "many", "aggregate": true, "columns": {"e_$": "count(*)"}}, {"name": "q", "relation": "orders", "condition": "q.person = people.id", "filter": "q.total < 50", "aggregate": true, "columns": {"f_$": "min(q.total)"}}]}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.person = people.id", "sort_by": "o.total DESC, o.id", "columns": {"e_$": "o.total"}}]}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "true", "filter": "o.id < 4", "aggregate": true, "columns": {"e_$": "count(*)"}}]}'),
		'$', substr(md5(place), 1, 6))::jsonb END
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
		given := replace(replace(options_of(name || number, kind, dimension)::text, '$', number::text), '#', CASE dimension WHEN 'places' THEN 'town' ELSE 'id' END)::jsonb;
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
SELECT count(make('f' || n)) FROM generate_series(1, 60) AS n;

-- An enrich, of which there are a few: some add columns of the same names, and
-- some raise errors.
CREATE FUNCTION enrichment(place text, dimension text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT CASE WHEN dimension <> 'people' THEN choose(place, '{"columns": {"spent": "score * 2", "often": "7 / (score - 12)"}}', '{"columns": {"spent": "score", "often": "1"}}')
		ELSE choose(place,
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.person = people.id", "aggregate": true, "columns": {"spent": "sum(o.total)", "often": "count(*)"}}]}',
		'{"links": [{"name": "o", "relation": "orders", "condition": "o.person = people.id", "filter": "o.total > 20", "aggregate": true, "columns": {"spent": "avg(o.total)::int", "often": "count(*)"}}]}',
		'{"columns": {"most": "score * 3"}, "links": [{"name": "o", "relation": "orders", "condition": "o.total = people.score * 7 AND o.id % 3 = 1", "aggregate": true, "columns": {"spent": "sum(o.id)", "often": "7 / (count(*) + 1)"}}]}',
		'{"columns": {"spent": "(SELECT sum(o.total) FROM orders o WHERE o.person = people.id)", "often": "CASE WHEN chance() < 1 AND id % 97 = 5 THEN 12 / (score - 2) END"}}')
	END::jsonb
$$;

-- Splits of two to five, each outcome with a delivery of its own, some with
-- none and some with something after it: on what an audience gives, and on what
-- was written before.  Or with the same enrich before the delivery, or nearly the
-- same, or two, and now and then with something between.
CREATE FUNCTION make_fan(name text, enriched boolean) RETURNS void LANGUAGE plpgsql AS $$
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
	way text;
	other text;
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
		way := 'parted.' || outcome;
		other := CASE WHEN pick(name || outcome || 'v', 6) = 1 THEN outcome ELSE '' END;
		IF enriched AND pick(name || outcome || 'e', 7) > 1 THEN
			PERFORM campaign_add(name, 'more_' || outcome, 'enrich', enrichment(name || other, dimension), after => way);
			way := 'more_' || outcome;
			IF pick(name || 't', 3) = 1 THEN
				PERFORM campaign_add(name, 'twice_' || outcome, 'enrich', '{"columns": {"twice": "often * 2"}}', after => way);
				way := 'twice_' || outcome;
			END IF;
			IF pick(name || outcome || 'i', 14) = 1 THEN
				PERFORM campaign_add(name, 'between_' || outcome, choose(name || outcome || 'k', 'wait', 'audience'),
					choose(name || outcome || 'k', '{"duration": "0"}', '{"filter": "often > 1"}')::jsonb, after => way);
				way := 'between_' || outcome;
			END IF;
		END IF;
		PERFORM campaign_add(name, 'mail_' || outcome, 'email', jsonb_build_object(
			'subject', choose(name || outcome || 's', 'Hello {{ country }}', 'For {{ score }}', '{{ vars.country }}'),
			'body', CASE WHEN way <> 'parted.' || outcome THEN choose(name || outcome || 'a', '<p>{{ spent }} {{ often }}</p>', '<p>{{ spent }} {{ often }}</p>', '<p>{{ spent }} {{ often }}</p>', '<p>{{ often }}</p>') ELSE '' END
				|| choose(name || outcome || 'b', '<p>{{ email }} {{ score }}</p>', '<p>{{ 12 / nullif(score, 0) }}</p>', '<p>-</p>', '<p>{{ upper(country) }}</p>',
				'<p>{{ coalesce(score, 0) * 2 }} {{ email }}</p>', CASE WHEN pick(name, 4) = 1 THEN '<p>{{ 12 / (score - 5) }}</p>' ELSE '<p>{{ country }}</p>' END))
			|| choose(name || outcome || 'r', '{}', '{}', '{}', '{"one_per_address": false}', '{"category": "transactional"}', '{"address": "''all@x.example''"}',
				'{"max_messages": 3}', '{"valid_for": "1 day"}')::jsonb
			|| CASE pick(name || outcome || 'q', 24) WHEN 1 THEN '{"control_percent": 20}' WHEN 2 THEN '{"send_at": "2030-01-01"}' ELSE '{}' END::jsonb,
			after => way);
		IF pick(name || outcome || 'm', 4) = 1 THEN
			PERFORM campaign_add(name, 'after_' || outcome, 'audience', '{"filter": "score > 2"}', after => 'mail_' || outcome);
		END IF;
	END LOOP;
	PERFORM campaign_publish(name);
END $$;
SELECT count(make_fan('g' || n, false)) FROM generate_series(1, 60) AS n;
SELECT count(make_fan('h' || n, true)) FROM generate_series(1, 80) AS n;

-- Several audiences of which another activity makes one, with something behind
-- it; some are told what they cannot do in one pass over the dimension.
CREATE FUNCTION make_sets(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	dimension text := choose(name || 'd', 'people', 'people', 'people', 'people', 'loose', 'places');
	sets int := 1 + pick(name || 's', 4);
	sources text[];
	reader text := choose(name || 't', 'email', 'email', 'enrich', 'deduplicate', 'audience', 'split', 'wait', 'none');
	given jsonb;
BEGIN
	PERFORM campaign_create(name, dimension, settings => '{"variables": {"country": {"type": "text", "default": "JP"}}}');
	FOR i IN 1..sets LOOP
		PERFORM campaign_add(name, 's' || i, 'audience', options_of(name || 's' || i, 'audience', dimension) - 'execution');
		sources := sources || ('s' || i);
		IF pick(name || 'c' || i, 12) = 1 THEN
			PERFORM campaign_add(name, 'c' || i, 'audience', '{"filter": "score > 1"}', after => 's' || i);
			sources[i] := 'c' || i;
		END IF;
	END LOOP;
	PERFORM campaign_add(name, 'all', 'combine', jsonb_build_object('operation', choose(name || 'o', 'union', 'union', 'intersection', 'exclusion'))
		|| choose(name || 'p', '{}', '{}', '{}', '{}', '{"max_rows": 40}', '{"by": "country"}', '{"on_error": "ignore"}')::jsonb,
		after => array_to_string(sources, ', '));
	IF pick(name || 'p', 7) IN (3, 4) THEN
		PERFORM campaign_alter(name, 'all', jsonb_build_object(choose(name || 'p', '', '', 'primary_set', 'priority', '', '', ''), sources[sets]));
	END IF;
	IF reader = 'none' THEN
		PERFORM campaign_publish(name);
		RETURN;
	END IF;
	given := replace(replace(options_of(name || 't', reader, dimension)::text, '$', 't'), '#', CASE dimension WHEN 'places' THEN 'town' ELSE 'id' END)::jsonb;
	PERFORM campaign_add(name, 'then', reader, given, after => 'all');
	IF pick(name || 'e', 5) = 1 THEN
		PERFORM campaign_add(name, 'rest', 'email', '{"subject": "s", "body": "{{ score }}"}', after => 'all.complement');
	END IF;
	IF reader IN ('enrich', 'deduplicate', 'audience', 'split') THEN
		PERFORM campaign_add(name, 'mail', 'email', options_of(name || 'm', 'email', dimension), after => CASE reader WHEN 'split' THEN 'then.a' ELSE 'then' END);
	END IF;
	PERFORM campaign_publish(name);
END $$;
SELECT count(make_sets('k' || n)) FROM generate_series(1, 80) AS n;

-- Each is run twice, in as few statements as may be and in one for each
-- activity.  What was executed in one statement began at one instant.
CREATE TABLE runs (campaign text, mode text, run bigint);
CREATE VIEW steps AS SELECT 'f' || n AS campaign FROM generate_series(1, 60) AS n UNION ALL SELECT 'g' || n FROM generate_series(1, 60) AS n
	UNION ALL SELECT 'h' || n FROM generate_series(1, 80) AS n UNION ALL SELECT 'k' || n FROM generate_series(1, 80) AS n;
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

ALTER ROLE regress_fusion RESET campaign.enable_fusion;

-- The activities of a run, and whether they were one statement.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION fusion.told(run bigint, OUT activity text, OUT state text, OUT rows_in bigint, OUT rows text, OUT error text, OUT at_once boolean) RETURNS SETOF record
LANGUAGE sql SECURITY DEFINER SET search_path = fusion, public AS $$
	SELECT t.activity, t.state, t.rows_in, (SELECT string_agg(f.outcome || ' ' || f.rows, ', ' ORDER BY f.outcome) FROM campaign.flow f WHERE f.run_id = $1 AND f.source = t.activity),
		t.error, t.started_at IS NOT NULL AND count(*) OVER (PARTITION BY t.started_at) > 1
	FROM campaign.task t WHERE t.run_id = $1 ORDER BY t.position
$$;
SET SESSION AUTHORIZATION regress_fusion;
-- What fails for rows that were dropped before does not fail, and what fails
-- does, also if nobody uses it.
SELECT campaign_create('protected', 'people');
SELECT campaign_add_audience('protected', 'first', filter => 'score <> 6');
SELECT campaign_add_audience('protected', 'second', filter => '10 / (score - 6) < 4', after => 'first');
SELECT campaign_add_deduplicate('protected', 'third', by => 'country, 7 / (score - 6)', keep => '1 / (score - 6)', max_rows => 3, after => 'second');
SELECT campaign_add_enrich('protected', 'fourth', columns => '{"unused": "7 / (score - 6)"}', links => $$[{"name": "o", "relation": "orders", "condition": "o.person = people.id", "filter": "7 / (people.score - 6) IS NOT NULL", "aggregate": true, "columns": {"orders": "count(*)"}}]$$, after => 'third');
SELECT campaign_add_split('protected', 'fifth', outcomes => '[{"name": "a", "percent": 33.3, "sort_by": "orders, unused IS NULL, 1 / (score - 6), id"}, {"name": "b"}]', after => 'fourth');
SELECT campaign_publish('protected');
SELECT campaign_start('protected') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM told(:run);
SELECT * FROM campaign_verify(:run);
SELECT campaign_alter('protected', 'fourth', '{"columns": {"unused": "7 / (score - 9)"}}');
SELECT campaign_publish('protected');
SELECT campaign_start('protected') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM told(:run);
SELECT campaign_stop(:run);

-- The same enrich behind outcomes is computed once: for the rows of those, each
-- once.  What differs is executed apart, and so is all if rows of one raise errors.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION fusion.messages(run bigint, OUT activity text, OUT recipient text, OUT variables text[]) RETURNS SETOF record
LANGUAGE sql SECURITY DEFINER AS 'SELECT activity, recipient, variables FROM campaign.dispatch JOIN campaign.delivery USING (delivery_id) WHERE run_id = $1';
CREATE FUNCTION fusion.statements(run bigint, OUT activities text) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER AS 'SELECT string_agg(activity, '', '' ORDER BY position) FROM campaign.task WHERE run_id = $1 AND started_at IS NOT NULL GROUP BY started_at ORDER BY min(position)';
CREATE FUNCTION fusion.tables(run bigint, OUT activities text) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER AS 'SELECT concat_ws('' '', source, outcome, rows) FROM campaign.flow WHERE run_id = $1 AND population IS NOT NULL AND source LIKE ''more%'' ORDER BY 1';
SET SESSION AUTHORIZATION regress_fusion;
CREATE SEQUENCE tickets;
SELECT campaign_create('shared', 'people');
SELECT campaign_add_audience('shared', 'all', filter => 'score IS NOT NULL');
SELECT campaign_add_split('shared', 'parted', outcomes => '[{"name": "a", "filter": "score = 2"}, {"name": "c", "filter": "score < 6"}, {"name": "d", "filter": "score = 6"}, {"name": "e"}]', after => 'all');
SELECT campaign_add_enrich('shared', 'more_' || o, columns => '{"ticket": "nextval(''tickets'') + 7 / (score - 6)"}',
	links => $$[{"name": "o", "relation": "orders", "condition": "o.person = people.id", "aggregate": true, "columns": {"spent": "sum(o.total + 0 / (people.score - 6))", "orders": "count(*)"}}]$$, after => 'parted.' || o)
FROM unnest('{a,c,e}'::text[]) AS o;
SELECT campaign_add_email('shared', 'mail_' || o, subject => '{{ spent }}', body => '<p>{{ orders }} {{ ticket }}</p>', after => 'more_' || o, category => 'transactional', options => '{"one_per_address": false}')
FROM unnest('{a,c,e}'::text[]) AS o;
SELECT campaign_add_email('shared', 'mail_d', subject => '{{ score }}', body => '-', after => 'parted.d', category => 'transactional', options => '{"one_per_address": false}');
SELECT campaign_publish('shared');
SELECT campaign_start('shared') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM told(:run);
SELECT activities FROM statements(:run);
SELECT * FROM campaign_verify(:run);
SELECT last_value = (SELECT count(*) FROM people WHERE score <> 6) AS each_once FROM tickets;
SELECT count(*), count(*) FILTER (WHERE variables[1] IS NOT DISTINCT FROM (SELECT sum(o.total)::text FROM orders o WHERE o.person = recipient::bigint)
	AND variables[2] = (SELECT count(*)::text FROM orders o WHERE o.person = recipient::bigint)) AS right FROM messages(:run) WHERE activity <> 'mail_d';
-- One adds something else.
SELECT campaign_alter('shared', 'more_c', '{"columns": {"ticket": "score + 1"}}');
SELECT campaign_publish('shared');
SELECT campaign_start('shared') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT * FROM campaign_verify(:run);
-- Somebody else is next.
SELECT campaign_add_wait('shared', 'later', duration => '1 day', after => 'more_a');
SELECT campaign_publish('shared');
SELECT campaign_start('shared') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT * FROM tables(:run);
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);
-- Rows of one raise errors, which is its own affair.
SELECT campaign_alter('shared', 'more_' || o, '{"columns": {"ticket": "7 / (score - 2)"}, "on_error": "ignore"}') FROM unnest('{a,c,e}'::text[]) AS o;
SELECT campaign_publish('shared');
SELECT campaign_start('shared') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM told(:run);
SELECT * FROM campaign_verify(:run);
-- An outcome for errors is none of them.
SELECT campaign_alter('shared', 'more_' || o, '{"columns": {"ticket": "score"}, "on_error": null}') FROM unnest('{a,c,e}'::text[]) AS o;
SELECT campaign_add_email('shared', 'failed', subject => 's', body => '-', after => 'parted.error');
SELECT campaign_publish('shared');
SELECT campaign_start('shared') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM told(:run);
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);

-- Rows that workers have read are counted by the leader.
CREATE FUNCTION in_worker() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
	RETURN (SELECT leader_pid IS NOT NULL FROM pg_stat_activity WHERE pid = pg_backend_pid());
END $$;
ALTER ROLE regress_fusion SET parallel_setup_cost = 0;
ALTER ROLE regress_fusion SET parallel_tuple_cost = 0;
ALTER ROLE regress_fusion SET min_parallel_table_scan_size = 0;
ALTER ROLE regress_fusion SET parallel_leader_participation = off;
SELECT campaign_create('parallel', 'people');
SELECT campaign_add_audience('parallel', 'first', filter => 'in_worker()');
SELECT campaign_add_audience('parallel', 'second', filter => 'score > 2', after => 'first');
SELECT campaign_add_deduplicate('parallel', 'third', by => 'country, score', after => 'second');
SELECT campaign_add_enrich('parallel', 'fourth', columns => '{"more": "score + 1"}', after => 'third');
SELECT campaign_add_email('parallel', 'mail', subject => '{{ more }}', body => '-', after => 'fourth');
SELECT campaign_publish('parallel');
SELECT campaign_start('parallel') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM told(:run);
SELECT * FROM campaign_verify(:run);
ALTER ROLE regress_fusion RESET ALL;

-- Paused and stopped while the statement runs: all of it is undone.
CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
	PERFORM pg_advisory_xact_lock_shared(4713);
	RETURN true;
END $$;
RESET SESSION AUTHORIZATION;
CREATE FUNCTION fusion.await(count bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4713 AND NOT granted) = $1;
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4713 AND NOT granted) = $1;
END $$;
CREATE FUNCTION fusion.cancelled(run bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM campaign.task WHERE run_id = $1 AND state <> 'cancelled');
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN NOT EXISTS (SELECT FROM campaign.task WHERE run_id = $1 AND state <> 'cancelled');
END $$;
SET SESSION AUTHORIZATION regress_fusion;
SELECT campaign_create('halted', 'people');
SELECT campaign_add_audience('halted', 'first', filter => 'score > 2');
SELECT campaign_add_audience('halted', 'second', filter => 'CASE WHEN id = 303 THEN gate() ELSE country IS NOT NULL END', after => 'first');
SELECT campaign_add_deduplicate('halted', 'third', by => 'country, score', after => 'second');
SELECT campaign_add_email('halted', 'mail', subject => 's', body => '-', after => 'third');
SELECT campaign_publish('halted');
SELECT pg_advisory_lock(4713);
SELECT campaign_start('halted') AS run \gset
SELECT await(1);
SELECT campaign_pause(:run);
SELECT await(0);
SELECT * FROM told(:run);
SELECT campaign_resume(:run);
SELECT await(1);
SELECT pg_advisory_unlock(4713);
SELECT campaign_wait(:run);
SELECT * FROM told(:run);
SELECT * FROM campaign_verify(:run);
SELECT targeted, queued, excluded FROM campaign.report WHERE run_id = :run;
SELECT pg_advisory_lock(4713);
SELECT campaign_start('halted') AS run \gset
SELECT await(1);
SELECT campaign_stop(:run);
SELECT cancelled(:run);
SELECT pg_advisory_unlock(4713);
SELECT * FROM told(:run);
SELECT * FROM campaign_verify(:run);

-- Audiences in one pass over their dimension: what each selected is counted, and
-- which rows are in several.  What fails in it is executed one after the other.
SELECT campaign_create('woven', 'people', settings => '{"variables": {"least": {"type": "integer", "default": 3}}}');
SELECT campaign_add_audience('woven', 'buyers', filter => 'EXISTS (SELECT FROM orders o WHERE o.person = people.id AND o.total > 80)');
SELECT campaign_add_audience('woven', 'scored', filter => 'score >= vars.least');
SELECT campaign_add_audience('woven', 'listed', filter => 'id IN (SELECT o.person FROM orders o WHERE o.id % 3 = 0) OR country IS NULL');
SELECT campaign_add_combine('woven', 'left', operation => 'exclusion', primary_set => 'scored', after => 'buyers, scored, listed');
SELECT campaign_add_email('woven', 'mail', subject => '{{ country }}', body => '-', category => 'transactional', after => 'left');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run ORDER BY rows;
SELECT count(*) FILTER (WHERE score >= 3), count(*) FILTER (WHERE country IS NULL OR id IN (SELECT person FROM orders WHERE orders.id % 3 = 0)) FROM people;
SELECT * FROM campaign_verify(:run);
-- A test executes each by itself, and comes to the same.
SELECT campaign_test('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run ORDER BY rows;
SELECT campaign_alter('woven', 'listed', '{"filter": "10 / (score - 6) > 1"}');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT campaign_stop(:run);
-- Nobody is in one of them, then in none.
SELECT campaign_alter('woven', 'listed', '{"filter": "score > 100"}');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT campaign_start('woven', variables => '{"least": 100}') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run ORDER BY rows;
SELECT * FROM campaign_verify(:run);
-- Paused, stopped and cancelled in the middle: nothing of it is there.  What was
-- cancelled is tried again, one by one.
CREATE FUNCTION still() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM pg_advisory_xact_lock_shared(4713);
	RETURN true;
END $$;
SELECT campaign_alter('woven', 'listed', '{"filter": "CASE WHEN id = 303 THEN still() ELSE country IS NULL END"}');
SELECT campaign_publish('woven');
SELECT pg_advisory_lock(4713);
SELECT campaign_start('woven') AS run \gset
SELECT await(1);
SELECT campaign_pause(:run);
SELECT await(0);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT campaign_resume(:run);
SELECT await(1);
SELECT pg_advisory_unlock(4713);
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT * FROM campaign_verify(:run);
SELECT pg_advisory_lock(4713);
SELECT campaign_start('woven') AS run \gset
SELECT await(1);
SELECT campaign_stop(:run);
SELECT cancelled(:run);
SELECT pg_advisory_unlock(4713);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT pg_advisory_lock(4713);
SELECT campaign_start('woven') AS run \gset
SELECT await(1);
RESET SESSION AUTHORIZATION;
SELECT count(pg_cancel_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4713 AND NOT granted;
SET SESSION AUTHORIZATION regress_fusion;
SELECT pg_advisory_unlock(4713);
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT * FROM campaign_verify(:run);
-- A volatile condition could see what another does, and a branch that may end is
-- not known to go on: they are executed alone, and so are those beside them.
SELECT campaign_alter('woven', 'listed', '{"filter": "chance() < 2 AND country IS NULL"}');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT campaign_alter('woven', 'listed', '{"filter": "country IS NULL", "skip_empty": true}');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
-- So are those of which a WHERE would ask a part first that stands behind what is dear.
CREATE FUNCTION dear(n bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN n > 0; END';
SELECT campaign_alter('woven', 'listed', '{"filter": "dear(id) AND country IS NULL", "skip_empty": false}');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT campaign_alter('woven', 'listed', '{"filter": "country IS NULL AND dear(id)"}');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT * FROM campaign_verify(:run);
-- A union of what was executed alone is in one statement with what follows.
SELECT campaign_alter('woven', 'listed', '{"filter": "chance() < 2 AND country IS NULL"}');
SELECT campaign_alter('woven', 'left', '{"operation": "union", "primary_set": null}');
SELECT campaign_publish('woven');
SELECT campaign_start('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run ORDER BY rows;
SELECT count(*) FROM people WHERE score >= 3 OR country IS NULL OR id IN (SELECT person FROM orders WHERE total > 80);
SELECT campaign_test('woven') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run ORDER BY rows;
SELECT * FROM campaign_verify(:run);
-- A table of parts, of which policies hide rows that no condition could take.
CREATE TABLE members (id bigint PRIMARY KEY, score int, secret boolean NOT NULL) PARTITION BY HASH (id);
CREATE TABLE members_0 PARTITION OF members FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE members_1 PARTITION OF members FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO members SELECT n, n % 10, n % 10 = 6 FROM generate_series(1, 200) AS n;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE members FORCE ROW LEVEL SECURITY;
CREATE POLICY shown ON members USING (NOT secret);
ANALYZE members;
SELECT campaign_dimension('members');
SELECT campaign_create('hidden', 'members');
SELECT campaign_add_audience('hidden', 'near', filter => '10 / (score - 6) > 1');
SELECT campaign_add_audience('hidden', 'far', filter => 'score <> 7');
SELECT campaign_add_combine('hidden', 'both', operation => 'intersection', after => 'near, far');
SELECT campaign_add_deduplicate('hidden', 'once', by => 'score', after => 'both');
SELECT campaign_publish('hidden');
SELECT campaign_start('hidden') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT count(*) FILTER (WHERE 10 / (score - 6) > 1) AS near, count(*) FILTER (WHERE score <> 7) AS far FROM members;
SELECT * FROM campaign_verify(:run);
-- What fails for rows that only the other leaves out fails in its own name, and
-- what guards itself is no affair of the other's.
SELECT campaign_alter('hidden', 'near', '{"filter": "10 / (score - 7) > 1"}');
SELECT campaign_publish('hidden');
SELECT campaign_start('hidden') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT campaign_stop(:run);
SELECT campaign_alter('hidden', 'near', '{"filter": "CASE WHEN score <> 7 THEN 10 / (score - 7) > 1 END"}');
SELECT campaign_publish('hidden');
SELECT campaign_start('hidden') AS run \gset
SELECT campaign_wait(:run);
SELECT activities FROM statements(:run);
SELECT activity, state, rows_in, rows, error FROM told(:run);
SELECT * FROM campaign_verify(:run);

-- Nothing is left behind.
\o /dev/null
SELECT campaign_drop(campaign) FROM unnest('{protected,shared,parallel,halted,woven,hidden}'::text[]) AS campaign;
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
