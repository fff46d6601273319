-- Whoever asks what decided over a row must be told the part that did, by the
-- values of today or of then, with the rights of the owner alone.
\set VERBOSITY terse
\pset null '-'
CREATE ROLE regress_why LOGIN;
CREATE ROLE regress_why_viewer LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_why, regress_why_viewer;
CREATE SCHEMA why AUTHORIZATION regress_why;
SET search_path = why, public;
SET SESSION AUTHORIZATION regress_why;
CREATE TABLE people (id int PRIMARY KEY, name text, email text, score int, country text, divisor int DEFAULT 1);
INSERT INTO people SELECT n, format('Name %s', n), format('p%s@why.example', n), n,
	CASE WHEN n % 7 = 0 THEN NULL WHEN n % 2 = 0 THEN 'DE' ELSE 'FR' END FROM generate_series(1, 1000) n;
SELECT campaign_dimension('people', addresses => '{"email": "email", "sms": "name", "push": "name", "direct_mail": "name", "custom": "name"}');
SELECT campaign_filter('friends', 'people', 'country = ''FR'' AND score > 990');

-- O4: conjuncts are cut where the parser sees them, nowhere else.
CREATE FUNCTION told(run bigint, key text, wanted text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' | ', activity, fate, outcome, CASE met WHEN true THEN 'met' WHEN false THEN 'not met' ELSE 'unknown' END, coalesce(decided_by, '-'), judged)
	FROM campaign_why(run, key) WHERE wanted IS NULL OR activity = wanted $$;
SELECT campaign_create('parts', 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('parts', 'between', filter => 'score BETWEEN 10 AND 900 AND country = ''DE'' -- and not more
	and name <> ''a and b'' AND (score > 5 OR divisor = 1 AND true) And CASE WHEN score > 0 AND true THEN true END');
SELECT campaign_add_audience('parts', 'either', filter => 'score = 1 OR score = 2 AND true');
SELECT campaign_add_audience('parts', 'divided', filter => 'score > 0 AND 10 / divisor >= 10');
SELECT campaign_add_audience('parts', 'tree', filter => '{"and": [{"attribute": "score", "operator": "at_least", "value": 800}, {"except": [{"attribute": "country", "operator": "equal", "value": "FR"}, {"saved": "friends"}]}]}');
SELECT campaign_add_audience('parts', 'everybody');
SELECT campaign_publish('parts');
SELECT campaign_start('parts') AS run \gset
SELECT campaign_wait(:run);
UPDATE people SET divisor = 0 WHERE id = 3;
DELETE FROM people WHERE id = 1000;
SELECT * FROM told(:run, '7');
SELECT * FROM told(:run, '20', 'between');
SELECT * FROM told(:run, '3', 'divided');
SELECT jsonb_path_query_array(facts, '$.conditions[*].result') FROM campaign_why(:run, '3') WHERE activity = 'divided';
SELECT * FROM told(:run, '801', 'tree');
SELECT * FROM told(:run, '991', 'tree');
SELECT * FROM told(:run, '804', 'tree');
SELECT jsonb_array_elements(facts -> 'conditions') FROM campaign_why(:run, '991') WHERE activity = 'tree';
-- What the row is today is not what it was then.
UPDATE people SET country = 'DE' WHERE id = 11;
SELECT * FROM told(:run, '11', 'between');
SELECT * FROM told(:run, '999', 'everybody');
SELECT * FROM told(:run, '1000', 'between');
SELECT * FROM told(:run, 'it''s nobody', 'between');

-- Draws and limits; who stayed instead; which sets.
SELECT campaign_create('cut', 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('cut', 'low', filter => 'score <= 200');
SELECT campaign_add_audience('cut', 'high', filter => 'score > 150 AND score <= 300');
SELECT campaign_add_enrich('cut', 'rich', '{"twice": "score * 2"}', after => 'low');
SELECT campaign_add_split('cut', 'parts', '[{"name": "old", "filter": "score <= 50 AND country = ''DE''"}, {"name": "drawn", "percent": 20}, {"name": "few", "number": 3, "filter": "twice > 20", "sort_by": "score"}, {"name": "rest"}]', after => 'rich');
SELECT campaign_add_combine('cut', 'without', 'exclusion', after => 'low,high');
SELECT campaign_add_combine('cut', 'both', 'intersection', after => 'low,high');
SELECT campaign_add_combine('cut', 'some', 'union', max_rows => 10, after => 'low,high');
SELECT campaign_add_deduplicate('cut', 'once', 'score / 10, country', keep => 'score DESC', after => 'high');
SELECT campaign_publish('cut');
SELECT campaign_start('cut') AS cut \gset
SELECT campaign_wait(:cut);
SELECT key, t FROM unnest('{2,8,15,17,19,160,161,290,298}'::text[]) key, told(:cut, key) t WHERE t ~ '^(parts|without|both|some|once)' AND t !~ 'not met' ORDER BY key COLLATE "C", t COLLATE "C";
SELECT activity, facts - 'conditions' FROM campaign_why(:cut, '160') WHERE facts IS NOT NULL ORDER BY step;
-- The draw that was told is the one that was made.
SELECT w.decided_by ~ 'drawn: draw 0\.[0-9]+ is within' AS within, w.outcome = 'drawn' AS drawn, count(*) > 0
FROM generate_series(1, 60) n, campaign_why(:cut, n::text) w WHERE w.activity = 'parts' AND w.decided_by ~ 'drawn: ' GROUP BY 1, 2 ORDER BY 1;

-- A message: its variables, what was tried in vain, what came of it.
SELECT campaign_create('mail', 'people');
SELECT campaign_add_audience('mail', 'first', filter => 'score <= 3');
SELECT campaign_add_email('mail', 'mail', 'Dear {{ name }}', '{{ score + 1 }}', after => 'first');
SELECT campaign_add_save_audience('mail', 'save', 'kept', after => 'first');
SELECT campaign_publish('mail');
SELECT campaign_start('mail') AS mail \gset
SELECT campaign_wait(:mail);
CREATE TEMP TABLE batch AS SELECT (campaign_claim('email', 10)).*;
SELECT campaign_ack(lease, jsonb_agg(jsonb_build_object('message_id', message_id, 'reason', 'greylisted')) FILTER (WHERE address ~ '^p2@')) IS NOT NULL FROM batch GROUP BY lease;
SELECT recorded FROM campaign_feedback((SELECT message_id FROM campaign.message WHERE run_id = :mail AND recipient = '1'), 'opened', '2030-01-01 12:00+00');
SELECT recorded FROM campaign_feedback((SELECT message_id FROM campaign.message WHERE run_id = :mail AND recipient = '1'), 'clicked', '2030-01-01 12:01+00', '{"link": "https://why.example/"}');
SELECT recorded FROM campaign_feedback((SELECT message_id FROM campaign.message WHERE run_id = :mail AND recipient = '1'), 'opened', '2029-01-01 12:00+00');
SET timezone = 'UTC';
SELECT activity, fate, attempts, met, facts, events FROM campaign_why(:mail, '1') WHERE activity = 'mail';
SELECT fate, attempts, jsonb_path_query_array(events, '$[*].what'), jsonb_path_query_array(events, '$[*].detail.reason') FROM campaign_why(:mail, '2') WHERE activity = 'mail';

-- Nothing an expression does stays, and whoever may only look evaluates nothing.
CREATE TABLE noted (who text);
CREATE FUNCTION note(int) RETURNS boolean LANGUAGE sql VOLATILE AS $$ INSERT INTO why.noted VALUES (current_user) RETURNING false $$;
SELECT campaign_create('noting', 'people');
SELECT campaign_add_audience('noting', 'some', filter => 'score < 5 AND why.note(score)');
SELECT campaign_add_split('noting', 'parts', '[{"name": "half", "percent": 50}, {"name": "named", "filter": "name = ''x''"}]', after => 'some');
SELECT campaign_publish('noting');
SELECT campaign_start('noting') AS noting \gset
SELECT campaign_wait(:noting);
TRUNCATE noted;
SELECT * FROM told(:noting, '1');
SELECT count(*) FROM noted;
SELECT campaign_grant('noting', 'regress_why_viewer', 'view');
SELECT campaign_grant('cut', 'regress_why_viewer', 'view');
SELECT campaign_grant('mail', 'regress_why_viewer', 'view');
SET SESSION AUTHORIZATION regress_why_viewer;
SELECT activity, fate, outcome, met, decided_by, judged, facts FROM campaign_why(:noting, '1');
SELECT activity, fate, outcome, met, decided_by, judged, facts FROM campaign_why(:cut, '160');
SELECT activity, fate, facts, jsonb_array_length(events) FROM campaign_why(:mail, '1');
\set VERBOSITY sqlstate
SELECT * FROM campaign_why(:run, '1');
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_why;

-- What was dropped or altered since spoils nothing but itself.
ALTER TABLE people RENAME COLUMN country TO land;
SELECT * FROM told(:run, '804', 'between');
ALTER TABLE people RENAME TO persons;
SELECT count(*) > 4, bool_and(facts ? 'error') FILTER (WHERE activity = 'between') FROM campaign_why(:run, '804');
ALTER TABLE persons RENAME TO people;
ALTER TABLE people RENAME COLUMN land TO country;

-- Every kind has a verdict.
CREATE TABLE arrivals (mail text, score text);
INSERT INTO arrivals VALUES ('p1@why.example', '1'), ('p9999@why.example', '2'), ('p2@why.example', 'two');
CREATE TABLE orders (number int PRIMARY KEY, customer int);
INSERT INTO orders SELECT n, n / 2 + 1 FROM generate_series(1, 20) n;
SELECT campaign_dimension('orders');
SELECT campaign_link('buyer', 'orders', 'people', 'orders.customer = people.id', 'one');
SELECT campaign_create('child', 'people');
SELECT campaign_add_audience('child', 'nobody', filter => 'false');
SELECT campaign_publish('child');
SELECT campaign_create('all kinds', 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('all kinds', 'start', filter => 'score <= 20');
SELECT campaign_add_incremental('all kinds', 'newcomers', filter => 'score <= 10 AND score > 1', after => 'start');
SELECT campaign_add_enrich('all kinds', 'rich', '{"twice": "score * 2"}', after => 'start');
SELECT campaign_add_split('all kinds', 'halves', '[{"name": "one", "percent": 50}, {"name": "other"}]', after => 'rich');
SELECT campaign_add_combine('all kinds', 'together', 'union', after => 'halves.one,halves.other');
SELECT campaign_add_deduplicate('all kinds', 'once', 'country', after => 'together');
SELECT campaign_add_save_audience('all kinds', 'save', 'kept_too', after => 'start');
SELECT campaign_add_read_audience('all kinds', 'read', 'kept');
SELECT campaign_add_sql('all kinds', 'query', 'SELECT id FROM why.people WHERE score < 4');
SELECT campaign_add_audience('all kinds', 'bought', dimension => 'orders', filter => 'number < 10');
SELECT campaign_add_change_dimension('all kinds', 'buyers', 'people', 'buyer', after => 'bought');
SELECT campaign_add_load_file('all kinds', 'load', relation => 'arrivals', columns => '[{"name": "mail"}, {"name": "score", "type": "int"}]');
SELECT campaign_add_reconcile('all kinds', 'known', 'people', match => 'file.mail = people.email', after => 'load');
CREATE TABLE graded (id int PRIMARY KEY);
SELECT campaign_add_update_data('all kinds', 'write', operation => 'upsert', target => 'graded', by => '{"id": "id"}', fields => '[{"column": "id", "value": "id"}]', after => 'start');
SELECT campaign_add_extract_file('all kinds', 'extract', relation => 'extracted', columns => '[{"name": "id"}]', after => 'start');
SELECT campaign_add_email('all kinds', 'email', 's', 'b {{ twice }}', after => 'rich');
SELECT campaign_add_sms('all kinds', 'sms', 'b', after => 'start');
SELECT campaign_add_push('all kinds', 'push', 't', 'b', after => 'start');
SELECT campaign_add_direct_mail('all kinds', 'letter', '{"a": "b"}', after => 'start');
SELECT campaign_add_custom('all kinds', 'call', after => 'start');
SELECT campaign_add_fork('all kinds', 'fork', after => 'start');
SELECT campaign_add_join('all kinds', 'join', after => 'fork,once');
SELECT campaign_add_test('all kinds', 'test', '[{"name": "a", "condition": "true"}]', after => 'start');
SELECT campaign_add_alert('all kinds', 'alert', 'seen', after => 'start');
SELECT campaign_add_sub_campaign('all kinds', 'child', 'child', wait => true, after => 'start');
SELECT campaign_add_signal('all kinds', 'signal', after => 'start');
SELECT campaign_add_approval('all kinds', 'ask', '?', 'regress_why', after => 'start');
SELECT campaign_add_wait('all kinds', 'pause', '1 year', after => 'start');
SELECT campaign_add_end('all kinds', 'end', after => 'test.a');
SELECT campaign_publish('all kinds');
SELECT campaign_start('all kinds') AS kinds \gset
SELECT campaign_wait(:kinds);
SELECT kind FROM campaign_kinds() EXCEPT SELECT kind FROM campaign_why(:kinds, '2');
SELECT kind, activity, fate, outcome, met, decided_by, judged, facts - 'draw' - 'variables' AS facts FROM campaign_why(:kinds, '2') ORDER BY step, outcome;
SELECT activity, fate, outcome, met, decided_by FROM campaign_why(:kinds, '1') WHERE decided_by IS NOT NULL;
SELECT count(*), count(*) FILTER (WHERE fate = 'in') FROM unnest('{21,nobody,1}'::text[]) key, campaign_why(:kinds, key);

SELECT count(campaign_stop(run_id)) FROM (SELECT DISTINCT run_id FROM campaign.run_progress WHERE run_state NOT IN ('stopped', 'succeeded')) r;
SELECT campaign_audience_drop(a) FROM unnest('{kept,kept_too}'::text[]) a;
SELECT campaign_drop(c) FROM unnest('{parts,cut,mail,noting,child,all kinds}'::text[]) c;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP SCHEMA why CASCADE;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_why';
DELETE FROM campaign.log WHERE role_name LIKE 'regress_why%';
DROP OWNED BY regress_why, regress_why_viewer;
DROP ROLE regress_why, regress_why_viewer;
