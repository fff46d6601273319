-- Would fail if a privilege on a campaign let its holder do more, or less, than
-- it says, or if anybody without one saw the campaign.
\set VERBOSITY terse
CREATE ROLE regress_priv_owner LOGIN;
CREATE ROLE regress_priv_view LOGIN;
CREATE ROLE regress_priv_edit LOGIN;
CREATE ROLE regress_priv_publish LOGIN;
CREATE ROLE regress_priv_run LOGIN;
CREATE ROLE regress_priv_send LOGIN;
CREATE ROLE regress_priv_none LOGIN;
CREATE ROLE regress_priv_team;
CREATE ROLE regress_priv_member LOGIN IN ROLE regress_priv_team;
GRANT USAGE ON SCHEMA campaign TO regress_priv_owner, regress_priv_view, regress_priv_edit, regress_priv_publish,
	regress_priv_run, regress_priv_send, regress_priv_none, regress_priv_team;
CREATE SCHEMA priv AUTHORIZATION regress_priv_owner;
SET search_path = priv, public;

SET SESSION AUTHORIZATION regress_priv_owner;
CREATE TABLE people (id bigint PRIMARY KEY, email text);
INSERT INTO people SELECT n, n || '@example.com' FROM generate_series(1, 6) n;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_create('ours', 'people');
SELECT campaign_add_audience('ours', 'everybody');
SELECT campaign_add_email('ours', 'mail', after => 'everybody', subject => 'Hello {{ id }}', body => 'You');
SELECT campaign_create('mine', 'people');

-- Giving: refused without a name, a role, a privilege; twice is once.
SELECT campaign_grant('nothing', 'regress_priv_view', 'view');
SELECT campaign_grant('ours', 'regress_priv_nobody', 'view');
SELECT campaign_grant('ours', 'regress_priv_view', 'VIEW');
SELECT campaign_grant('ours', 'regress_priv_' || p, p) FROM unnest('{view,edit,publish,run,send}'::text[]) p;
SELECT campaign_grant('ours', 'regress_priv_view', 'view');
SELECT campaign_grant('ours', 'regress_priv_team', 'run');
SELECT campaign, grantee, privilege, grantor FROM campaign.privileges WHERE campaign = 'ours' ORDER BY privilege, grantee;

-- What each of them is answered, by privilege: "yes", or the SQLSTATE.
RESET SESSION AUTHORIZATION;
CREATE TABLE priv.attempt (number int, what text, call text);
INSERT INTO priv.attempt VALUES
	(1, 'look at the definition', $$SELECT campaign_export('ours')$$),
	(2, 'draw it', $$SELECT campaign_graph('ours')$$),
	(3, 'check it', $$SELECT campaign_check('ours')$$),
	(4, 'see its hash', $$SELECT campaign_hash('ours')$$),
	(5, 'see the privileges', $$SELECT 1 / count(*) FROM campaign.privileges WHERE campaign = 'ours'$$),
	(6, 'change it', $$SELECT campaign_alter('ours', 'mail', '{"subject": "Dear {{ id }}"}')$$),
	(7, 'add to it', $$SELECT campaign_add_end('ours', 'done', after => 'mail')$$),
	(8, 'connect', $$SELECT campaign_disconnect('ours', 'mail', 'done')$$),
	(9, 'rename in it', $$SELECT campaign_rename('ours', 'done', 'finished')$$),
	(10, 'remove from it', $$SELECT campaign_remove('ours', 'finished')$$),
	(11, 'preview it', $$SELECT campaign_preview('ours', 'mail', '1')$$),
	(12, 'define it anew', $$SELECT campaign_define('{"name": "ours", "dimension": "people", "activities": [{"name": "all", "kind": "audience"}]}')$$),
	(13, 'define it with variables', $$SELECT campaign_define('{"name": "ours", "dimension": "people", "settings": {"variables": {"n": {"type": "int"}}, "time_zone": "UTC"}}')$$),
	(14, 'define how long history is kept', $$SELECT campaign_define('{"name": "ours", "dimension": "people", "settings": {"history": {"messages": 0}}}')$$),
	(15, 'define its priority', $$SELECT campaign_define('{"name": "ours", "dimension": "people", "settings": {"priority": 9}}')$$),
	(16, 'copy another over it', $$SELECT campaign_duplicate('ours', 'ours')$$),
	(20, 'publish unseen', $$SELECT campaign_publish('ours')$$),
	(21, 'publish what was seen', $$SELECT campaign_publish('ours', campaign_hash('ours'))$$),
	(22, 'publish something else', $$SELECT campaign_publish('ours', repeat('0', 64))$$),
	(30, 'start it', $$SELECT campaign_start('ours')$$),
	(31, 'pause', $$SELECT campaign_pause(max(run_id)) FROM campaign.run_progress WHERE campaign = 'ours'$$),
	(32, 'resume', $$SELECT campaign_resume(max(run_id)) FROM campaign.run_progress WHERE campaign = 'ours'$$),
	(33, 'schedule', $$SELECT campaign_schedule('ours', '{"frequency": "daily", "at": "09:00", "time_zone": "UTC"}')$$),
	(34, 'unschedule', $$SELECT campaign_unschedule('ours')$$),
	(40, 'see the run', $$SELECT 1 / count(*) FROM campaign.run_progress WHERE campaign = 'ours'$$),
	(41, 'see the messages', $$SELECT 1 / count(*) FROM campaign.message$$),
	(42, 'see the report', $$SELECT 1 / count(*) FROM campaign.report$$),
	(43, 'see the log', $$SELECT 1 / count(*) FROM campaign.log WHERE campaign = 'ours'$$),
	(44, 'ask why', $$SELECT campaign_why(max(run_id), '1') FROM campaign.flow_counts$$),
	(50, 'take a message', $$SELECT 1 / count(*) FROM campaign_claim('email', 1)$$),
	(51, 'stop', $$SELECT campaign_stop(max(run_id)) FROM campaign.run_progress WHERE campaign = 'ours'$$),
	(60, 'close', $$SELECT campaign_close('ours')$$),
	(61, 'grant', $$SELECT campaign_grant('ours', 'regress_priv_none', 'view')$$),
	(62, 'revoke', $$SELECT campaign_revoke('ours', 'regress_priv_none', 'view')$$),
	(63, 'drop', $$SELECT campaign_drop('ours')$$);
GRANT SELECT ON priv.attempt TO PUBLIC;
GRANT USAGE ON SCHEMA priv TO PUBLIC;

-- A call is made and undone, so that nobody's changes what others are answered.
CREATE FUNCTION priv.answer(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		EXECUTE call;
		RAISE EXCEPTION 'undo' USING ERRCODE = 'P0002';
	EXCEPTION
		WHEN no_data_found THEN RETURN 'yes';
		WHEN division_by_zero THEN RETURN '-';
		WHEN OTHERS THEN RETURN SQLSTATE;
	END;
END $$;
CREATE TABLE priv.answers (number int, role text, answer text);
GRANT INSERT ON priv.answers TO PUBLIC;
SET client_min_messages = error;

-- Before anything is published, and when a run has ended.
CREATE PROCEDURE priv.try_all(first int, last int) LANGUAGE plpgsql AS $$
DECLARE
	r text;
BEGIN
	FOREACH r IN ARRAY '{owner,view,edit,publish,run,member,send,none}'::text[] LOOP
		EXECUTE format('SET SESSION AUTHORIZATION %I', 'regress_priv_' || r);
		INSERT INTO priv.answers SELECT number, r, priv.answer(call) FROM priv.attempt WHERE number BETWEEN first AND last ORDER BY number;
	END LOOP;
	RESET SESSION AUTHORIZATION;
END $$;
SET SESSION AUTHORIZATION regress_priv_owner;
SELECT campaign_add_end('ours', 'done', after => 'mail');
RESET SESSION AUTHORIZATION;
-- 7 adds what is there, 9 and 10 name what is not: the answer of who may is 42710 or 42704.
CALL priv.try_all(1, 29);
SET SESSION AUTHORIZATION regress_priv_owner;
SELECT campaign_publish('ours', campaign_hash('ours'));
SELECT campaign_start('ours') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
RESET SESSION AUTHORIZATION;
CALL priv.try_all(30, 63);
SELECT a.number, a.what,
	max(answer) FILTER (WHERE role = 'owner') AS owner, max(answer) FILTER (WHERE role = 'view') AS view,
	max(answer) FILTER (WHERE role = 'edit') AS edit, max(answer) FILTER (WHERE role = 'publish') AS publish,
	max(answer) FILTER (WHERE role = 'run') AS run, max(answer) FILTER (WHERE role = 'member') AS member,
	max(answer) FILTER (WHERE role = 'send') AS send, max(answer) FILTER (WHERE role = 'none') AS none
FROM priv.attempt a JOIN priv.answers USING (number) GROUP BY 1, 2 ORDER BY 1;
RESET client_min_messages;

-- Nothing of what is not theirs alone: the other campaign is nobody's.
SET SESSION AUTHORIZATION regress_priv_edit;
SELECT count(*) FROM campaign.privileges WHERE campaign = 'mine';
SELECT campaign_export('mine');
-- An approver publishes what he has seen, and nothing else.
SET SESSION AUTHORIZATION regress_priv_publish;
SELECT campaign_hash('ours') AS seen \gset
SET SESSION AUTHORIZATION regress_priv_edit;
SELECT campaign_alter('ours', 'mail', '{"subject": "Something else"}');
SET SESSION AUTHORIZATION regress_priv_publish;
SELECT campaign_publish('ours', :'seen');
SELECT part, name, member, change FROM campaign_diff('ours');
SELECT campaign_publish('ours', campaign_hash('ours'));
SELECT campaign_hash('ours', 2) = campaign_hash('ours') AS same, length(campaign_hash('ours', 2));
SELECT campaign_hash('ours', 7);
-- A sender's lease is his, and so is what he says of it.
SET SESSION AUTHORIZATION regress_priv_send;
SELECT DISTINCT lease FROM campaign_claim('email', 6) \gset
SET SESSION AUTHORIZATION regress_priv_run;
SELECT * FROM campaign_ack(:'lease');
SET SESSION AUTHORIZATION regress_priv_send;
SELECT * FROM campaign_ack(:'lease');
SELECT count(*) FROM campaign.message;
SET SESSION AUTHORIZATION regress_priv_view;
SELECT status, count(*) FROM campaign.message GROUP BY 1;
-- Who looks is not told from whom else one could be; the log says who gave what.
SELECT event, message, role_name FROM campaign.log WHERE campaign = 'ours' AND event IN ('grant', 'revoke') ORDER BY log_id;

-- Taking: at once, from a role that is gone too.
SET SESSION AUTHORIZATION regress_priv_owner;
SELECT campaign_revoke('ours', 'regress_priv_view', 'view'), campaign_revoke('ours', 'regress_priv_view', 'view');
SET SESSION AUTHORIZATION regress_priv_view;
SELECT campaign_graph('ours');
SELECT count(*) FROM campaign.run_progress;
RESET SESSION AUTHORIZATION;
REVOKE USAGE ON SCHEMA campaign FROM regress_priv_run;
DROP ROLE regress_priv_run;
SET SESSION AUTHORIZATION regress_priv_owner;
SELECT grantee, privilege FROM campaign.privileges WHERE campaign = 'ours' AND privilege = 'run' ORDER BY 1;
SELECT campaign_revoke('ours', 'regress_priv_run', 'run');
-- With the campaign they go.
SELECT campaign_stop(:run);
SELECT campaign_drop('ours'), campaign_drop('mine');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.privilege;
DROP SCHEMA priv CASCADE;
DROP OWNED BY regress_priv_owner, regress_priv_view, regress_priv_edit, regress_priv_publish, regress_priv_send, regress_priv_none, regress_priv_team;
DROP ROLE regress_priv_owner, regress_priv_view, regress_priv_edit, regress_priv_publish, regress_priv_send, regress_priv_none, regress_priv_member, regress_priv_team;
