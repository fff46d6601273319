-- Ten thousand campaigns and a hundred thousand ended runs of twenty activities,
-- half of them of the ten rows' campaign; copied from its last run, as superuser.
\set ON_ERROR_STOP on
SELECT r.* FROM campaign.run r JOIN campaign.campaign USING (campaign_id) WHERE name = 'ten rows' ORDER BY run_id DESC LIMIT 1 \gset last_
INSERT INTO campaign.campaign (name, owner, owner_name, dimension, status, settings)
SELECT 'old ' || n, owner, owner_name, dimension, status, settings
FROM campaign.campaign, generate_series(1, 10000) AS n WHERE campaign_id = :last_campaign_id;
CREATE TEMPORARY TABLE old AS
WITH old AS (
	INSERT INTO campaign.run (campaign_id, version_id, state, home, epoch, started_by, started_at, ended_at)
	SELECT CASE WHEN n % 2 = 0 THEN :last_campaign_id ELSE campaign_id END, :last_version_id, 'succeeded', :'last_home', :last_epoch,
		:'last_started_by', now() - n * interval '1 second', now() - n * interval '1 second'
	FROM generate_series(1, 100000) AS n JOIN campaign.campaign ON name = 'old ' || n % 10000 + 1
	RETURNING run_id, started_at
) SELECT * FROM old;
INSERT INTO campaign.task (run_id, activity, position, state, started_at, ended_at, rows_in)
SELECT old.run_id, t.activity, t.position, t.state, old.started_at, old.started_at, t.rows_in
FROM campaign.task t, old WHERE t.run_id = :last_run_id;
INSERT INTO campaign.flow (run_id, source, outcome, rows, dimension)
SELECT old.run_id, f.source, f.outcome, f.rows, f.dimension FROM campaign.flow f, old WHERE f.run_id = :last_run_id;
VACUUM ANALYZE;
