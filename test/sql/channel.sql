-- Would fail if more were handed out than a limit allows, if a limit lost
-- messages, if a paused channel gave any, or if priority were not kept.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE channel_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO channel_owner;
GRANT CREATE ON SCHEMA public TO channel_owner;
SET SESSION AUTHORIZATION channel_owner;
CREATE TABLE channel_reader (id int PRIMARY KEY, email text);
INSERT INTO channel_reader SELECT i, i || '@example.com' FROM generate_series(1, 500) i;
SELECT campaign_dimension('channel_reader', addresses => '{"email": "email"}');
SELECT campaign_create('low', dimension => 'channel_reader');
SELECT campaign_create('high', dimension => 'channel_reader', settings => '{"priority": 7}');
SELECT campaign_create('slow', dimension => 'channel_reader', settings => '{"priority": 9, "throttle": {"messages": 30, "per": "1 day"}}');
SELECT campaign_add_audience(c, 'all'), campaign_add_email(c, 'mail', after => 'all', subject => 'x', body => 'x'), campaign_publish(c), campaign_start(c) > 0
FROM unnest('{low,high,slow}'::text[]) c;
CALL campaign_work();
SELECT DISTINCT campaign_wait(run_id) FROM campaign.run_progress;

-- Only the owner of the database sets channels up.
SELECT campaign_channel('email', settings => '{"paused": true}');
SELECT campaign_channel_drop('email');

-- By priority; a throttled campaign gives what its limit leaves, others go on.
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 100);
SELECT attributes ->> 'campaign' AS campaign, count(*) FROM claimed GROUP BY 1 ORDER BY 1;
SELECT campaign_ack(lease) FROM (SELECT DISTINCT lease FROM claimed) l;
SELECT attributes ->> 'campaign' AS campaign, count(*) FROM campaign_claim('email', 1000) GROUP BY 1 ORDER BY 1;
-- What the throttle holds back is still there.
SELECT status, count(*) FROM campaign.message WHERE run_id = (SELECT max(run_id) FROM campaign.run_progress) GROUP BY 1 ORDER BY 1;
RESET SESSION AUTHORIZATION;
SELECT counts[1] BETWEEN 0 AND 30, (SELECT sum(n) FROM unnest(counts) n) AS taken FROM campaign.throttle;
-- A day later the next ones come.
UPDATE campaign.throttle SET slice = slice - 61;
SET SESSION AUTHORIZATION channel_owner;
SELECT count(*) FROM campaign_claim('email', 1000) WHERE attributes ->> 'campaign' = 'slow';

-- A limit of the channel holds for all campaigns; null takes it away.
RESET SESSION AUTHORIZATION;
SELECT campaign_channel('email', settings => '{"throttle": {"messages": 50, "per": "1 hour"}}');
SET SESSION AUTHORIZATION channel_owner;
SELECT campaign_start('low') > 0;
CALL campaign_work();
SELECT DISTINCT campaign_wait(run_id) FROM campaign.run_progress;
SELECT count(*) FROM campaign_claim('email', 40);
SELECT count(*) FROM campaign_claim('email', 40);
SELECT count(*) FROM campaign_claim('email', 40);
-- Another period begins to count anew, and does not block for ever.
RESET SESSION AUTHORIZATION;
SELECT campaign_channel('email', settings => '{"throttle": {"messages": 7, "per": "1 day"}}');
SET SESSION AUTHORIZATION channel_owner;
SELECT count(*) FROM campaign_claim('email', 40);
SELECT count(*) FROM campaign_claim('email', 40);
RESET SESSION AUTHORIZATION;
SELECT campaign_channel('email', settings => '{"throttle": null, "paused": true}');
TABLE campaign.channels;
SET SESSION AUTHORIZATION channel_owner;
SELECT count(*) FROM campaign_claim('email', 40);
RESET SESSION AUTHORIZATION;
SELECT campaign_channel_drop('email'), campaign_channel_drop('email');
SET SESSION AUTHORIZATION channel_owner;
SELECT count(*) FROM campaign_claim('email', 40);
SELECT v.* FROM (SELECT DISTINCT run_id FROM campaign.run_progress) p CROSS JOIN LATERAL campaign_verify(p.run_id) v;

-- A channel of one's own: its limits and suppressions hold for it alone, and
-- what is declared for the kind holds for it, too.
RESET SESSION AUTHORIZATION;
SELECT campaign_channel('newsletter', 'email', '{"throttle": {"messages": 3, "per": "1 day"}}');
SET SESSION AUTHORIZATION channel_owner;
SELECT campaign_create('letters', dimension => 'channel_reader');
SELECT campaign_add_audience('letters', 'all', filter => 'id <= 20');
SELECT campaign_add_email('letters', 'mail', after => 'all', subject => 'x', body => 'x', options => '{"channel": "newsletter"}');
SELECT campaign_publish('letters');
SELECT campaign_suppress('newsletter', '1@example.com'), campaign_suppress('email', '2@example.com');
SELECT campaign_start('letters') AS run \gset
SELECT campaign_wait(:run);
SELECT recipient, reason FROM campaign.excluded WHERE run_id = :run;
SELECT DISTINCT channel FROM campaign.message WHERE run_id = :run;
SELECT count(*) FROM campaign_claim('newsletter', 10);
SELECT * FROM campaign_verify(:run);
SELECT campaign_alter('letters', 'mail', '{"channel": "sms"}');
SELECT campaign_alter('letters', 'mail', '{"channel": "newsleter"}');
SELECT campaign_unsuppress('newsletter', '1@example.com'), campaign_unsuppress('email', '2@example.com');
SELECT campaign_suppress('newsleter', '1@example.com');
SELECT campaign_drop('letters');
RESET SESSION AUTHORIZATION;
SELECT campaign_channel_drop('newsletter');

-- Wrong settings.
RESET SESSION AUTHORIZATION;
\set VERBOSITY default
SELECT campaign_channel('E mail', 'email');
SELECT campaign_channel('pigeon');
SELECT campaign_channel('pigeon', 'bird');
SELECT campaign_channel('email', 'sms');
SELECT campaign_channel('email', settings => '[]');
SELECT campaign_channel('email', settings => '{"paused": 1}');
SELECT campaign_channel('email', settings => '{"pause": true}');
SELECT campaign_channel('email', settings => '{"throttle": 3}');
SELECT campaign_channel('email', settings => '{"throttle": {"messages": 3}}');
SELECT campaign_channel('email', settings => '{"throttle": {"messages": -3, "per": "1 day"}}');
SELECT campaign_channel('email', settings => '{"throttle": {"messages": 3e20, "per": "1 day"}}');
SELECT campaign_channel('email', settings => '{"throttle": {"messages": 3, "per": "1 month"}}');
SELECT campaign_channel('email', settings => '{"throttle": {"messages": 3, "per": "soon"}}');
SELECT campaign_channel('email', settings => '{"throttle": {"messages": 3, "per": "1 day", "burst": 3}}');
SELECT campaign_channel('email', settings => '{"domains": {"Example.com": {"messages": 3, "per": "1 day"}}}');
SELECT campaign_channel('email', settings => '{"domains": {"example.com": 3}}');
SELECT campaign_create('x', dimension => 'channel_reader', settings => '{"priority": 101}');
SELECT campaign_create('x', dimension => 'channel_reader', settings => '{"priority": "high"}');
SELECT campaign_create('x', dimension => 'channel_reader', settings => '{"throttle": true}');
TABLE campaign.channels;
SET SESSION AUTHORIZATION channel_owner;
SELECT campaign_drop(c) FROM unnest('{low,high,slow}'::text[]) c;
DROP TABLE channel_reader, claimed;
RESET SESSION AUTHORIZATION;
TRUNCATE campaign.throttle;
DELETE FROM campaign.dimension WHERE owner_name = 'channel_owner';
REVOKE CREATE ON SCHEMA public FROM channel_owner;
REVOKE USAGE ON SCHEMA campaign FROM channel_owner;
DROP ROLE channel_owner;
