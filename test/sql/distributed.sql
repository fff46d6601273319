-- Would fail if a table that only stands for one on other servers were written
-- to, or if what campaigns come to depended on where the rows are.
\set VERBOSITY terse
SET client_min_messages = warning;
\getenv source PG_ABS_SRCDIR
\set tables :source '/scenario/tables.sql'
\set campaigns :source '/scenario/campaigns.sql'
\set results :source '/scenario/results.sql'
\set take_away :source '/scenario/drop.sql'
\set cluster :source '/scenario/cluster.sql'
\set drop_cluster :source '/scenario/drop_cluster.sql'
CREATE ROLE distributed_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO distributed_owner;
GRANT CREATE ON SCHEMA public TO distributed_owner;
SET SESSION AUTHORIZATION distributed_owner;

-- Everything here.
\set ECHO none
\i :tables
\o /dev/null
\i :campaigns
\o
\i :results
\o /dev/null
\i :take_away
\o
\set ECHO all
RESET SESSION AUTHORIZATION;

-- The tables are elsewhere: the same.
\set ECHO none
\i :cluster
SET SESSION AUTHORIZATION distributed_owner;
\i :tables
\set ECHO all
SELECT create_distributed_table('person', 'id'), create_distributed_table('purchase', 'person_id', colocate_with => 'person');
\set ECHO none
\o /dev/null
\i :campaigns
\o
\i :results
\set ECHO all

-- Populations are where the rows of their dimension are, if its key says where.
SELECT coalesce(p.beside, 'here') AS beside, count(*), string_agg(DISTINCT f.source, ', ' ORDER BY f.source) AS sources
FROM (SELECT DISTINCT source, relation FROM campaign.flow_counts WHERE relation IS NOT NULL) f
LEFT JOIN pg_dist_partition p ON p.logicalrelid = f.relation::regclass
GROUP BY 1 ORDER BY 1;
-- What is only on its way is gone.
SELECT relname FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relname ~ '_(stage|sorting)$';

-- What cannot be done there is refused when it is defined.
SELECT campaign_create('updating', 'person');
SELECT campaign_add_audience('updating', 'all');
SELECT campaign_add_update_data('updating', 'marked', operation => 'update', fields => '[{"column": "mark", "value": "town::text"}]', after => 'all');
SELECT campaign_drop('updating');

-- Tables of the extension's own must not be distributed: nothing is lost then,
-- but nothing is sent either.
RESET SESSION AUTHORIZATION;
INSERT INTO pg_dist_partition VALUES ('campaign.chunk', 'h', 'delivery_id', 'default');
SET SESSION AUTHORIZATION distributed_owner;
SELECT campaign_create('lost', 'person');
SELECT campaign_add_audience('lost', 'all', filter => 'id < 20');
SELECT campaign_add_email('lost', 'mail', subject => 's', body => 'unsubscribe', after => 'all');
SELECT campaign_publish('lost');
SELECT campaign_start('lost') AS run \gset
SELECT campaign_wait(:run);
SELECT state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND activity = 'mail';
SELECT campaign_stop(:run);
SELECT campaign_drop('lost');
RESET SESSION AUTHORIZATION;
DELETE FROM pg_dist_partition WHERE logicalrelid = 'campaign.chunk'::regclass;

-- A part of another server's statement does not remember addresses.
SET application_name = 'citus_internal gpid=1';
SELECT campaign.address_first(campaign.address_hash('a@example.org'));
RESET application_name;
SELECT campaign.address_first(campaign.address_hash('a@example.org'));

-- A server that only keeps parts of tables runs nothing.
UPDATE pg_dist_local_group SET groupid = 1;
SELECT campaign_start('targeting');
SELECT campaign_create('there', 'person');
SELECT count(*) FROM campaign_claim('email', 1);
UPDATE pg_dist_local_group SET groupid = 0;

SET SESSION AUTHORIZATION distributed_owner;
\set ECHO none
\o /dev/null
\i :take_away
\o
RESET SESSION AUTHORIZATION;
\i :drop_cluster
\set ECHO all
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relowner = 'distributed_owner'::regrole;
DROP OWNED BY distributed_owner;
DROP ROLE distributed_owner;
