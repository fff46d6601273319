-- Rows in which the three contenders differ, 20 at most: who got what, who was
-- left out and why.  As superuser, after a round; the run is the newest one.
\set ON_ERROR_STOP on
SET jit = off;
SET work_mem = '256MB';
CREATE TEMPORARY VIEW campaign_rows AS
SELECT l.activity AS mailing, d.recipient::bigint, d.address, d.variables
FROM campaign.delivery l JOIN campaign.dispatch d USING (delivery_id)
WHERE l.run_id = (SELECT max(run_id) FROM campaign.run)
UNION ALL
SELECT l.activity, e.recipient::bigint, 'left out: ' || e.reason, NULL
FROM campaign.delivery l JOIN campaign.exclusion e USING (delivery_id)
WHERE l.run_id = (SELECT max(run_id) FROM campaign.run);
CREATE TEMPORARY VIEW script_rows AS
SELECT mailing, recipient, address, variables FROM script.jobs
UNION ALL SELECT mailing, recipient, 'left out: ' || reason, NULL FROM script.left_out;
CREATE TEMPORARY VIEW single_rows AS
SELECT mailing, recipient, address, variables FROM single.jobs
UNION ALL SELECT mailing, recipient, 'left out: ' || reason, NULL FROM single.left_out;

CREATE TEMPORARY VIEW different AS
SELECT mailing, recipient, address, variables, count(*) FILTER (WHERE who = 1) AS campaign,
	count(*) FILTER (WHERE who = 2) AS script, count(*) FILTER (WHERE who = 3) AS single
FROM (SELECT 1 AS who, * FROM campaign_rows UNION ALL SELECT 2, * FROM script_rows
	UNION ALL SELECT 3, * FROM single_rows) AS row
GROUP BY mailing, recipient, address, variables
HAVING count(*) <> 3 OR count(DISTINCT who) <> 3;
SELECT mailing, recipient, address, variables,
	concat_ws(', ', CASE WHEN campaign > 0 THEN 'campaign' END, CASE WHEN script > 0 THEN 'script' END,
		CASE WHEN single > 0 THEN 'single' END) AS found_in
FROM different ORDER BY mailing, recipient LIMIT 20;
