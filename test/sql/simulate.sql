-- Would fail if a simulation said other figures than the runs then have, left
-- anything behind, or let somebody else than the owner have his code executed.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE simulate_owner LOGIN;
CREATE ROLE simulate_member LOGIN IN ROLE simulate_owner;
GRANT USAGE ON SCHEMA campaign TO simulate_owner;
GRANT CREATE ON SCHEMA public TO simulate_owner;
SET SESSION AUTHORIZATION simulate_owner;
CREATE TABLE simulate_reader (id int PRIMARY KEY, email text, opt_in boolean);
INSERT INTO simulate_reader SELECT i, CASE WHEN i % 10 <> 0 THEN i || '@x.org' END, i % 7 <> 0 FROM generate_series(1, 100) i;
SELECT campaign_dimension('simulate_reader', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_rule('one_a_week', 'pressure', '{"messages": 1, "per": "7 days", "always": true}');
SELECT campaign_create(c, dimension => 'simulate_reader') FROM unnest('{first,second}'::text[]) c;
SELECT campaign_add_audience('first', 'some', filter => 'id <= 50');
SELECT campaign_add_wait('first', 'a_year', after => 'some', duration => '1 year');
SELECT campaign_add_email('first', 'mail', after => 'a_year', subject => 's', body => 'unsubscribe', options => '{"confirm": true}');
SELECT campaign_add_audience('first', 'again', after => 'mail', filter => 'id > 10');
SELECT campaign_add_audience('second', 'all');
SELECT campaign_add_email('second', 'mail', after => 'all', subject => 's', body => 'unsubscribe');
SELECT campaign_simulate('first');
SELECT campaign_publish(c) FROM unnest('{first,second}'::text[]) c;

-- What one campaign uses up is missing for the next.
SELECT * FROM campaign_simulate('first', 'second');
SELECT * FROM campaign_simulate('second', 'first');
SELECT * FROM campaign_simulate('second');
SELECT * FROM campaign_simulate(VARIADIC '{}');
-- Nothing is left of it.
SELECT count(*) FROM campaign.run_progress;
SELECT count(*) FROM campaign.message;
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relowner = 'simulate_owner'::regrole;
SELECT count(*) FROM campaign_claim('email', 10);

-- It is what then happens.
CREATE TEMP TABLE simulated AS SELECT * FROM campaign_simulate('second');
SELECT campaign_start('second') AS run \gset
SELECT campaign_wait(:run);
SELECT reason, recipients FROM simulated
EXCEPT (SELECT NULL, count(*) FROM campaign.message WHERE run_id = :run
	UNION ALL SELECT reason, count(*) FROM campaign.excluded WHERE run_id = :run GROUP BY reason);
SELECT * FROM campaign_verify(:run);

-- An error is that of the activity; only the owner has his code executed.
SELECT campaign_alter('second', 'all', '{"filter": "1 / (id - 5) > 0"}');
SELECT campaign_publish('second');
SELECT campaign_simulate('first', 'second');
SELECT campaign_simulate('third');
SELECT campaign_simulate(NULL);
SELECT campaign_simulate(VARIADIC NULL);
SET SESSION AUTHORIZATION simulate_member;
SELECT campaign_simulate('first');
SET ROLE simulate_owner;
SELECT campaign_simulate('first');

RESET ROLE;
SET SESSION AUTHORIZATION simulate_owner;
SELECT campaign_drop(c) FROM unnest('{first,second}'::text[]) c;
SELECT campaign_rule_drop('one_a_week');
DROP TABLE simulate_reader, simulated;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'simulate_owner';
REVOKE CREATE ON SCHEMA public FROM simulate_owner;
REVOKE USAGE ON SCHEMA campaign FROM simulate_owner;
DROP ROLE simulate_member, simulate_owner;
