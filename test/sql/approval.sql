-- Would fail if an answer of somebody who was not asked counted, if one did not
-- decide or decided twice, or if a question stayed open after its deadline.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_approval LOGIN;
CREATE ROLE regress_legal;
CREATE ROLE regress_brand;
CREATE ROLE regress_lea LOGIN IN ROLE regress_legal;
CREATE ROLE regress_ben LOGIN IN ROLE regress_brand;
CREATE ROLE regress_nosy LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_approval, regress_lea, regress_ben, regress_nosy;
CREATE SCHEMA asking AUTHORIZATION regress_approval;
SET SESSION AUTHORIZATION regress_approval;
SET search_path = asking, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
SELECT campaign_dimension('people');
CREATE FUNCTION finish(run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
BEGIN
	FOR i IN 1..600 LOOP
		state := campaign_wait(run);
		EXIT WHEN state <> 'waiting';
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN state;
END $$;

-- F3: single answer, roles and their members, comment, who and when.
-- The first answer decides; only who is asked sees and answers the question.
SELECT campaign_create('first', dimension => 'people', settings => '{"variables": {"price": {"type": "numeric", "default": 9.5}}}');
SELECT campaign_add_audience('first', 'everybody');
SELECT campaign_add_approval('first', 'ask', after => 'everybody', roles => 'regress_legal, regress_brand',
	question => 'Send {{ rows }} letters at {{ vars.price }}?{{#if everybody.result > 50}} That is many.{{/if}}');
SELECT campaign_add_audience('first', 'sent', after => 'ask.approved');
SELECT campaign_add_end('first', 'not_sent', after => 'ask.rejected');
SELECT campaign_publish('first');
SELECT campaign_start('first') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, eta FROM campaign.run_progress WHERE run_id = :run;
SELECT question, answers, roles, state, asked, deadline FROM campaign.approvals WHERE run_id = :run;
SELECT approval_id AS ask FROM campaign.approvals WHERE run_id = :run \gset
\set VERBOSITY sqlstate
SELECT campaign_decide(:ask, 'approved');
SET SESSION AUTHORIZATION regress_nosy;
SELECT count(*) FROM campaign.approvals;
SELECT campaign_decide(:ask, 'approved');
SET SESSION AUTHORIZATION regress_lea;
SELECT campaign, activity, state, asked FROM campaign.approvals;
SELECT count(*) FROM campaign.run_progress;
SELECT campaign_decide(:ask, 'aproved');
SELECT campaign_decide(:ask, 'approved', 'a fair price');
SELECT campaign_decide(:ask, 'rejected');
SET SESSION AUTHORIZATION regress_ben;
SELECT campaign_decide(:ask, 'rejected');
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_approval;
SET search_path = asking, public;
SELECT campaign_wait(:run);
SELECT activity, state, rows_in FROM campaign.run_progress WHERE run_id = :run;
SELECT state, answer, v ->> 'role' AS role, v ->> 'by' AS by, v ->> 'comment' AS comment
FROM campaign.approvals, jsonb_array_elements(votes) v WHERE run_id = :run;
SELECT role_name, event, activity, message FROM campaign.log WHERE run_id = :run AND event IN ('approval', 'reminder', 'answer') ORDER BY log_id;
SELECT * FROM campaign_verify(:run);

-- F3: several answers, as votes.
-- All have to answer: the most cautious answer counts, and decides at once.
SELECT campaign_create('all', dimension => 'people');
SELECT campaign_add_audience('all', 'everybody');
SELECT campaign_add_approval('all', 'ask', after => 'everybody', roles => 'regress_legal, regress_brand', all_answer => true,
	answers => 'now, later, never', question => 'When?');
SELECT campaign_add_end('all', 'at_once', after => 'ask.now');
SELECT campaign_add_end('all', 'some_day', after => 'ask.later');
SELECT campaign_publish('all');
SELECT campaign_start('all') AS run \gset
SELECT campaign_wait(:run);
SELECT approval_id AS ask FROM campaign.approvals WHERE run_id = :run \gset
SET SESSION AUTHORIZATION regress_ben;
SELECT campaign_decide(:ask, 'later');
\set VERBOSITY sqlstate
SELECT campaign_decide(:ask, 'now');
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_lea;
SELECT campaign_decide(:ask, 'now');
SET SESSION AUTHORIZATION regress_approval;
SET search_path = asking, public;
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_start('all') AS run \gset
SELECT campaign_wait(:run);
SELECT approval_id AS ask FROM campaign.approvals WHERE run_id = :run \gset
SET SESSION AUTHORIZATION regress_lea;
SELECT campaign_decide(:ask, 'never', 'forbidden');
SET SESSION AUTHORIZATION regress_approval;
SET search_path = asking, public;
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'ask' ORDER BY 2;
-- Of a run that was stopped nothing is asked any more.
SELECT campaign_start('all') AS run \gset
SELECT campaign_wait(:run);
SELECT approval_id AS ask FROM campaign.approvals WHERE run_id = :run \gset
SELECT campaign_pause(:run);
SET SESSION AUTHORIZATION regress_ben;
SELECT campaign_decide(:ask, 'later');
RESET SESSION AUTHORIZATION;
SELECT campaign_stop(:run);
-- A superuser has the rights of all roles, and answers for those left.
\set VERBOSITY sqlstate
SELECT campaign_decide(:ask, 'now');
\set VERBOSITY terse
SELECT state FROM campaign.approvals WHERE run_id = :run;
SET SESSION AUTHORIZATION regress_approval;
SET search_path = asking, public;

-- F3: expirations, reminders.
-- In time, or by default; reminders meanwhile.
SELECT campaign_create('late', dimension => 'people');
SELECT campaign_add_audience('late', 'everybody');
SELECT campaign_add_fork('late', 'both', after => 'everybody');
SELECT campaign_add_approval('late', 'by_default', after => 'both', roles => 'regress_legal', question => 'Yes?', answers => 'yes, no',
	timeout => '0.5 seconds', default_answer => 'no', remind_every => '0.1 seconds');
SELECT campaign_add_approval('late', 'no_default', after => 'both', roles => 'regress_legal', question => 'Yes?', answers => 'yes, no', timeout => '0.1 seconds');
SELECT campaign_add_end('late', 'refused', after => 'by_default.no');
SELECT campaign_add_end('late', 'timed_out', after => 'no_default.timeout');
SELECT campaign_publish('late');
SELECT campaign_start('late') AS run \gset
SELECT finish(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT activity, state, answer, votes FROM campaign.approvals WHERE run_id = :run ORDER BY activity;
SELECT activity, event, min(message) AS message, count(*) BETWEEN CASE event WHEN 'reminder' THEN 1 ELSE 1 END AND CASE event WHEN 'reminder' THEN 5 ELSE 1 END AS count
FROM campaign.log WHERE run_id = :run AND event IN ('approval', 'reminder', 'answer') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM campaign_verify(:run);

-- What is refused.
\set VERBOSITY default
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_nobody', question => 'Yes?');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => '', question => 'Yes?');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => 'Yes?', answers => 'yes, timeout');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => 'Yes?', answers => 'yes, yes');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => 'Yes?', answers => 'yes,');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => 'Yes?', timeout => '1 day', default_answer => 'aproved');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => 'Yes?', default_answer => 'approved');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => 'Yes?', remind_every => '0');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => '{{ score }}?');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => '{{ message.id }}?');
SELECT campaign_add_approval('late', 'wrong', after => 'both', roles => 'regress_legal', question => '{{#if rows}}?');
SELECT campaign_decide(0, 'yes');
\set VERBOSITY terse

SELECT campaign_drop(c) FROM unnest(ARRAY['first', 'all', 'late']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.approval;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_approval';
DROP SCHEMA asking CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_approval, regress_lea, regress_ben, regress_nosy;
DROP ROLE regress_approval, regress_lea, regress_ben, regress_nosy, regress_legal, regress_brand;
-- covers F3: approval single and multiple, expirations, reminders, votes
