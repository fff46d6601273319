-- I1: a row that is returned twice, or that is taken for returned because a run
-- was stopped, failed or only a test.
\set VERBOSITY terse
CREATE ROLE regress_incremental LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_incremental;
CREATE SCHEMA incremental AUTHORIZATION regress_incremental;
SET search_path = incremental, public;
SET SESSION AUTHORIZATION regress_incremental;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, score int, seen_at timestamptz);
INSERT INTO customers SELECT g, 'c' || g || '@example.com', g * 10 FROM generate_series(1, 6) g;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');
\set counts 'SELECT string_agg(format(\'%s.%s %s\', source, outcome, rows), \', \' ORDER BY source, outcome) AS counts FROM (SELECT DISTINCT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run) f;'

-- Each row once; a new one the next time; the branch ends when there is none.
SELECT campaign_create('new ones', dimension => 'customers');
SELECT campaign_add_incremental('new ones', 'fresh', filter => 'score <= 50');
SELECT campaign_add_email('new ones', 'mail', after => 'fresh', subject => 's', body => '{{ id }}');
SELECT campaign_publish('new ones');
SELECT campaign_start('new ones') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_start('new ones') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
INSERT INTO customers VALUES (7, 'c7@example.com', 5, NULL);
SELECT campaign_start('new ones') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT activity, dimension, key, fingerprint FROM campaign.returned WHERE campaign = 'new ones' ORDER BY key;

-- The next version of the campaign goes on with it; a copy begins anew.
SELECT campaign_alter('new ones', 'fresh', '{"filter": "true"}');
SELECT campaign_publish('new ones');
SELECT campaign_start('new ones') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_duplicate('new ones', 'copy');
SELECT campaign_publish('copy');
SELECT campaign_start('copy') AS run \gset
SELECT campaign_wait(:run);
:counts

-- Forgetting: keys, nobody, all; only for the owner.
SELECT campaign_forget_returned('copy', 'fresh', '{2,3,none}');
SELECT campaign_forget_returned('copy', 'fresh', '{}');
SELECT campaign_start('copy') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_forget_returned('copy', 'fresh');
SELECT count(*) FROM campaign.returned WHERE campaign = 'copy';
SELECT campaign_forget_returned('copy', 'frech');
SELECT campaign_forget_returned('copy', NULL);
SELECT event, activity, message FROM campaign.log WHERE campaign = 'copy' AND event = 'forget' ORDER BY log_id;
-- Dropped with the campaign.
SELECT campaign_drop('copy');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.memory_row r WHERE NOT EXISTS (SELECT FROM campaign.returned x WHERE x.key = r.key AND x.campaign = 'new ones');
SET SESSION AUTHORIZATION regress_incremental;

SELECT campaign_drop('new ones');

-- What a stopped run has returned comes again, but for those who were sent a
-- message all the same; a failed run keeps it until it is stopped.
SELECT campaign_create('stopped', dimension => 'customers');
SELECT campaign_add_incremental('stopped', 'fresh');
SELECT campaign_add_email('stopped', 'mail', after => 'fresh', subject => 's', body => '{{ id }}');
SELECT campaign_add_wait('stopped', 'day', after => 'mail', duration => '1 day');
SELECT campaign_add_audience('stopped', 'breaks', after => 'day', filter => 'id / (id - id) = 1');
SELECT campaign_publish('stopped');
SELECT campaign_start('stopped') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*) FROM campaign.returned WHERE campaign = 'stopped';
SELECT min(lease::text) AS lease, count(*) AS claimed FROM campaign_claim('email', 2) \gset
SELECT :claimed AS claimed;
SELECT * FROM campaign_ack(:'lease');
SELECT campaign_stop(:run);
SELECT count(*) FROM campaign.returned WHERE campaign = 'stopped';
SELECT campaign_start('stopped') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_hurry(:run, 'day');
SELECT campaign_wait(:run);
SELECT count(*) FROM campaign.returned WHERE campaign = 'stopped';
SELECT campaign_stop(:run);
SELECT campaign_start('stopped') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_stop(:run);
SELECT campaign_drop('stopped');

-- A task that fails remembers nothing: its retry returns all of it.
SELECT campaign_create('fails', dimension => 'customers');
SELECT campaign_add_incremental('fails', 'fresh', filter => 'score / (score - 5) > 0');
SELECT campaign_publish('fails');
SELECT campaign_start('fails') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*) FROM campaign.returned WHERE campaign = 'fails';
UPDATE customers SET score = 6 WHERE id = 7;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
:counts
SELECT campaign_drop('fails');

-- A test reads the memory and does not write it.
SELECT campaign_create('tested', dimension => 'customers');
SELECT campaign_add_incremental('tested', 'fresh');
SELECT campaign_publish('tested');
SELECT campaign_test('tested') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*) FROM campaign.returned WHERE campaign = 'tested';
SELECT campaign_start('tested') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_test('tested') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_drop('tested');

-- Rows that have changed come again; erasure takes what would tell, and nobody
-- is returned for having been erased.
SELECT campaign_create('changes', dimension => 'customers');
SELECT campaign_add_incremental('changes', 'fresh', changed_by => 'score, lower(email), seen_at', skip_empty => false);
SELECT campaign_publish('changes');
SELECT campaign_start('changes') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*), count(fingerprint) FROM campaign.returned WHERE campaign = 'changes';
UPDATE customers SET score = score + 1 WHERE id = 1;
UPDATE customers SET email = upper(email) WHERE id = 2;
UPDATE customers SET seen_at = '2026-01-01 UTC' WHERE id IN (3, 4);
SELECT rows FROM campaign_forget('customers', '4');
SELECT campaign_start('changes') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*), count(fingerprint) FROM campaign.returned WHERE campaign = 'changes';
-- Back to what was returned already: that is no change.
UPDATE customers SET score = score - 1 WHERE id = 1;
SELECT campaign_start('changes') AS run \gset
SELECT campaign_wait(:run);
:counts

-- Days; the rows of earlier executions are made older.
SELECT campaign_alter('changes', 'fresh', '{"history_days": 2.5, "changed_by": null}');
SELECT campaign_publish('changes');
SELECT campaign_start('changes') AS run \gset
SELECT campaign_wait(:run);
:counts
RESET SESSION AUTHORIZATION;
UPDATE campaign.memory_batch SET returned_at = returned_at - interval '61 hours';
SET SESSION AUTHORIZATION regress_incremental;
SELECT count(*) FROM campaign.returned WHERE campaign = 'changes';
SELECT campaign_start('changes') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT count(*), min(returned_at) > now() - interval '1 hour' AS new FROM campaign.returned WHERE campaign = 'changes';
SELECT campaign_drop('changes');

-- By a date: none before the last execution, but for those that appear late; none
-- of the future; again when the date has moved.
CREATE TABLE events (id int PRIMARY KEY, at timestamptz DEFAULT now());
SELECT campaign_dimension('events', addresses => '{"email": "id::text"}');
INSERT INTO events VALUES (1, now() - interval '1 year'), (2, now()), (3, now() + interval '1 day'), (4, NULL);
SELECT campaign_create('by date', dimension => 'events');
SELECT campaign_add_incremental('by date', 'fresh', date_field => 'at', overlap => '10 minutes', skip_empty => false);
SELECT campaign_publish('by date');
SELECT campaign_start('by date') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT key FROM campaign.returned WHERE campaign = 'by date' ORDER BY key;
INSERT INTO events VALUES (5, now() - interval '5 minutes'), (6, now() - interval '2 hours'), (7, DEFAULT);
SELECT campaign_start('by date') AS run \gset
SELECT campaign_wait(:run);
:counts
UPDATE events SET at = now() WHERE id = 1;
SELECT campaign_start('by date') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT key, count(*) FROM campaign.returned WHERE campaign = 'by date' GROUP BY key ORDER BY key;
SELECT campaign_drop('by date');

-- Rows without a usable key are rejected, and not remembered; on the way, the
-- columns that were added go on.
CREATE TABLE loose (id int, kind text);
INSERT INTO loose VALUES (1, 'a'), (1, 'b'), (2, 'a'), (NULL, 'a');
SELECT campaign_dimension('loose', key => 'id', addresses => '{"email": "kind"}');
SELECT campaign_create('loose ends', dimension => 'loose', settings => '{"keep_populations": true}');
SELECT campaign_add_incremental('loose ends', 'fresh');
SELECT campaign_add_audience('loose ends', 'all_of_them');
SELECT campaign_add_enrich('loose ends', 'more', after => 'all_of_them', columns => '{"twice": "id * 2"}');
SELECT campaign_add_incremental('loose ends', 'later', after => 'more', filter => 'twice > 2', changed_by => 'twice');
SELECT campaign_publish('loose ends');
SELECT campaign_start('loose ends') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT activity, key FROM campaign.returned WHERE campaign = 'loose ends' ORDER BY activity, key;
SELECT format('SELECT * FROM campaign_data.r%s_4_1;', :run) AS query \gset
:query
SELECT campaign_start('loose ends') AS run \gset
SELECT campaign_wait(:run);
:counts

-- What is refused.
SELECT campaign_add_incremental('loose ends', 'wrong', date_field => 'id');
SELECT campaign_add_incremental('loose ends', 'wrong', date_field => 'current_date');
SELECT campaign_add_incremental('loose ends', 'wrong', overlap => '1 hour');
SELECT campaign_add_incremental('loose ends', 'wrong', history_days => -1);
SELECT campaign_add_incremental('loose ends', 'wrong', dimension => 'customers', after => 'more');
SELECT campaign_drop('loose ends');

-- With a date: what a stopped run has returned comes again, also when another
-- run has looked and ended in between.
UPDATE customers SET seen_at = now() - interval '2 days';
SELECT campaign_create('beside', dimension => 'customers');
SELECT campaign_add_incremental('beside', 'fresh', date_field => 'seen_at', overlap => '0');
SELECT campaign_add_wait('beside', 'days', after => 'fresh', duration => '1 day');
SELECT campaign_publish('beside');
SELECT campaign_create('starter', dimension => 'customers');
SELECT campaign_add_audience('starter', 'all');
SELECT campaign_add_sub_campaign('starter', 'starts', 'beside', after => 'all', wait => false);
SELECT campaign_publish('starter');
SELECT campaign_start('starter') AS run \gset
SELECT campaign_wait(:run);
SELECT max(run_id) AS first FROM campaign.run_progress WHERE campaign = 'beside' \gset
SELECT campaign_wait(:first);
INSERT INTO customers VALUES (8, 'c8@example.com', 5, now());
SELECT campaign_start('starter') AS run \gset
SELECT campaign_wait(:run);
SELECT max(run_id) AS run FROM campaign.run_progress WHERE campaign = 'beside' \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_hurry(:run);
DO $$ BEGIN
	WHILE (SELECT max(run_state) FROM campaign.run_progress WHERE run_id = (SELECT max(run_id) FROM campaign.run_progress WHERE campaign = 'beside')) <> 'succeeded' LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
SELECT campaign_stop(:first);
SELECT campaign_start('beside') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_stop(:run);
SELECT campaign_drop('starter'), campaign_drop('beside');

-- With a date: what is given back comes in the next run, whatever has looked in
-- between, and nothing comes twice: from a stopped run, from a message that a
-- sender gave back, by hand, and in the restart of a run.
CREATE TABLE visits (id int PRIMARY KEY, at timestamptz);
SELECT campaign_dimension('visits', addresses => '{"email": "id || ''@example.com''"}');
SELECT campaign_create('late', dimension => 'visits');
SELECT campaign_add_incremental('late', 'fresh', date_field => 'at', overlap => '0', skip_empty => false);
SELECT campaign_add_email('late', 'mail', after => 'fresh', subject => 's', body => '{{ id }}');
SELECT campaign_publish('late');
INSERT INTO visits SELECT g, now() - interval '1 day' FROM generate_series(1, 4) g;
SELECT campaign_start('late') AS first \gset
SELECT campaign_wait(:first);
SELECT min(lease::text) AS lease, count(*) AS claimed FROM campaign_claim('email', 1) \gset
SELECT :claimed AS claimed;
SELECT * FROM campaign_ack(:'lease');
SELECT min(lease::text) AS lease, count(*) AS claimed FROM campaign_claim('email', 1) \gset
INSERT INTO visits VALUES (5, now());
SELECT campaign_start('late') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_stop(:first);
INSERT INTO visits VALUES (6, now());
SELECT campaign_test('late', until => 'fresh') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_start('late') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_release(:'lease');
SELECT campaign_start('late') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_forget_returned('late', 'fresh', '{1}');
SELECT campaign_start('late') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT key, count(*) FROM campaign.returned WHERE campaign = 'late' GROUP BY key ORDER BY key;
SELECT recipient, count(*) FROM campaign.message JOIN campaign.run_progress USING (run_id, activity) WHERE campaign = 'late' AND status <> 'withdrawn' AND NOT test GROUP BY recipient ORDER BY recipient;
SELECT campaign_drop('late');

-- The same for a restart: the run's own rows and what is new.
TRUNCATE visits;
INSERT INTO visits SELECT g, now() - interval '1 day' FROM generate_series(1, 2) g;
SELECT campaign_create('again', dimension => 'visits');
SELECT campaign_add_incremental('again', 'fresh', date_field => 'at', overlap => '0', skip_empty => false);
SELECT campaign_publish('again');
SELECT campaign_start('again') AS first \gset
SELECT campaign_wait(:first);
INSERT INTO visits VALUES (3, now());
SELECT campaign_start('again') AS second \gset
SELECT campaign_wait(:second);
INSERT INTO visits VALUES (4, now());
SELECT campaign_start('again') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_restart(:second, 'fresh');
SELECT campaign_wait(:second);
SELECT run_id - :first AS run, string_agg(key, ', ' ORDER BY key) AS keys FROM campaign.returned WHERE campaign = 'again' GROUP BY run_id ORDER BY run_id;
INSERT INTO visits VALUES (5, now());
SELECT campaign_restart(:first, 'fresh');
SELECT campaign_wait(:first);
SELECT campaign_start('again') AS run \gset
SELECT campaign_wait(:run);
SELECT run_id - :first AS run, string_agg(key, ', ' ORDER BY key) AS keys FROM campaign.returned WHERE campaign = 'again' GROUP BY run_id ORDER BY run_id;
SELECT campaign_drop('again');

-- Who was sent a message by a stopped run is known after its messages are gone.
TRUNCATE visits;
INSERT INTO visits SELECT g, now() - interval '1 day' FROM generate_series(1, 3) g;
SELECT campaign_create('gone', dimension => 'visits', settings => '{"history": {"messages": 0}}');
SELECT campaign_add_incremental('gone', 'fresh', skip_empty => false);
SELECT campaign_add_email('gone', 'mail', after => 'fresh', subject => 's', body => '{{ id }}');
SELECT campaign_publish('gone');
SELECT campaign_start('gone') AS run \gset
SELECT campaign_wait(:run);
SELECT min(lease::text) AS lease, count(*) AS claimed FROM campaign_claim('email', 1) \gset
SELECT * FROM campaign_ack(:'lease');
SELECT campaign_stop(:run);
SELECT complete FROM campaign_clean_up();
SELECT count(*) FROM campaign.message WHERE run_id = :run;
SELECT campaign_start('gone') AS run \gset
SELECT campaign_wait(:run);
:counts
SELECT campaign_stop(:run);
SELECT campaign_drop('gone');

-- Keys that are integers: near each other, far apart, the least and the greatest,
-- of a smaller type; and what only looks like one is another key.
CREATE TABLE numbers (id bigint PRIMARY KEY);
CREATE TABLE small_numbers (id smallint PRIMARY KEY);
CREATE TABLE texts (id text PRIMARY KEY);
SELECT campaign_dimension('numbers');
SELECT campaign_dimension('small_numbers');
SELECT campaign_dimension('texts');
SELECT campaign_create(d, dimension => d), campaign_add_incremental(d, 'fresh', skip_empty => false), campaign_publish(d)
FROM unnest('{numbers,small_numbers,texts}'::text[]) d;
CREATE FUNCTION returned_by(campaign text) RETURNS TABLE (run bigint, keys text) LANGUAGE sql AS $$
	SELECT dense_rank() OVER (ORDER BY run_id), string_agg(key, ' ' ORDER BY key)
	FROM campaign.returned r WHERE r.campaign = returned_by.campaign GROUP BY run_id $$;
INSERT INTO numbers VALUES (-1), (0), (1), (64), (65);
INSERT INTO small_numbers SELECT g FROM generate_series(-32768, 32767, 13107) g;
INSERT INTO texts VALUES ('1'), ('01'), ('-0');
SELECT campaign_start('numbers') AS n, campaign_start('small_numbers') AS s, campaign_start('texts') AS t \gset
SELECT campaign_wait(:n);
SELECT campaign_wait(:s);
SELECT campaign_wait(:t);
INSERT INTO numbers VALUES (-2), (2), (-9223372036854775808), (9223372036854775807), (1000000000000);
INSERT INTO small_numbers VALUES (1);
INSERT INTO texts VALUES ('0'), ('+1'), ('001');
SELECT campaign_start('numbers') AS n, campaign_start('small_numbers') AS s, campaign_start('texts') AS t \gset
SELECT campaign_wait(:n);
SELECT campaign_wait(:s);
SELECT campaign_wait(:t);
INSERT INTO numbers VALUES (3), (-9223372036854775807), (9223372036854775806), (999999999999);
SELECT campaign_start('numbers') AS n, campaign_start('small_numbers') AS s, campaign_start('texts') AS t \gset
SELECT campaign_wait(:n);
SELECT campaign_wait(:s);
SELECT campaign_wait(:t);
SELECT * FROM returned_by('numbers') ORDER BY run;
SELECT * FROM returned_by('small_numbers') ORDER BY run;
SELECT * FROM returned_by('texts') ORDER BY run;
-- Nobody else's memory answers.
SELECT campaign.is_new(1, '{0}'), campaign.is_new(NULL, '{0}'), campaign.is_new(1, NULL);
RESET SESSION AUTHORIZATION;
SELECT array_agg(batch_id) AS batches FROM campaign.memory_batch \gset
CREATE ROLE regress_incremental_other;
GRANT USAGE ON SCHEMA campaign TO regress_incremental_other;
SET ROLE regress_incremental_other;
SELECT campaign.is_new(1, :'batches');
RESET ROLE;
REVOKE USAGE ON SCHEMA campaign FROM regress_incremental_other;
DROP ROLE regress_incremental_other;
SET SESSION AUTHORIZATION regress_incremental;
SELECT campaign_drop(d) FROM unnest('{numbers,small_numbers,texts}'::text[]) d;

-- Clean up.
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.memory;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_incremental';
DROP SCHEMA incremental CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_incremental;
DROP ROLE regress_incremental;
