-- Would fail if it made a difference to anybody but the servers which of them
-- keeps the messages, or if somebody saw messages there that are not his.
\set VERBOSITY terse
SET client_min_messages = warning;
\getenv source PG_ABS_SRCDIR
\set cluster :source '/scenario/cluster.sql'
\set drop_cluster :source '/scenario/drop_cluster.sql'
\set queue :source '/scenario/queue.sql'

-- Without a cluster there is nothing to distribute to, and nobody else decides.
SELECT campaign_distribute_queue();
CREATE ROLE queue_nobody;
GRANT USAGE ON SCHEMA campaign TO queue_nobody;
SET ROLE queue_nobody;
SELECT campaign_distribute_queue();
SELECT count(*) FROM campaign.dispatch_bucket;
RESET ROLE;

\set ECHO none
\i :cluster
\set ECHO all
\i :queue

-- A message whose row was deleted has failed, unless another server may still
-- have to commit it: then its chunk is put off.
SET SESSION AUTHORIZATION queue_owner;
SELECT grow('third');
SELECT campaign_start('third') AS third \gset
SELECT campaign_wait(:third);
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dispatch_bucket m USING campaign.delivery d WHERE d.delivery_id = m.delivery_id AND d.run_id = :third AND d.activity = 'mail' AND recipient = '50';
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_transaction (groupid integer, gid text);
INSERT INTO pg_dist_transaction VALUES (1, 'citus_0_1_1_1');
SET SESSION AUTHORIZATION queue_owner;
CALL settle('nobody');
SELECT count(*) FROM campaign.message WHERE run_id = :third AND activity = 'mail' AND status = 'pending' AND send_at > now();
SELECT code FROM campaign_verify(:third);
RESET SESSION AUTHORIZATION;
DROP TABLE pg_catalog.pg_dist_transaction;
RESET allow_system_table_mods;
UPDATE campaign.chunk c SET due_at = now() FROM campaign.delivery d WHERE d.delivery_id = c.delivery_id AND d.run_id = :third AND d.activity = 'mail' AND NOT settled;
SET SESSION AUTHORIZATION queue_owner;
CALL settle('nobody');
SELECT count(*) FROM campaign.message WHERE run_id = :third AND activity = 'mail' AND status = 'pending';
SELECT recipient, error FROM campaign.failed WHERE run_id = :third;

SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_stop(:third);
SELECT campaign_drop('third');
RESET SESSION AUTHORIZATION;

\set ECHO none
\i :drop_cluster
SET client_min_messages = error;
DO $$ BEGIN
	EXECUTE (SELECT 'DROP TABLE ' || string_agg(inhrelid::regclass::text, ', ') FROM pg_inherits WHERE inhparent = 'campaign.dispatch_bucket'::regclass);
END $$;
\set ECHO all
SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_drop('pets');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.suppression WHERE role_name = 'queue_owner';
DELETE FROM campaign.soft_bounce;
DELETE FROM campaign.dimension WHERE owner_name = 'queue_owner';
DROP SCHEMA queue CASCADE;
DROP OWNED BY queue_owner, queue_looker;
DROP OWNED BY queue_nobody;
DROP ROLE queue_owner, queue_looker, queue_nobody;
