-- What came of them: where nothing went wrong, and what does not depend on
-- chance or on numbers that were given out.
SELECT campaign, activity, state, sqlstate, error FROM campaign.run_progress WHERE state <> 'succeeded' ORDER BY 1, 2;
SELECT campaign, source, string_agg(outcome || ' ' || rows, ', ' ORDER BY outcome) AS rows FROM (
	SELECT DISTINCT r.campaign, f.source, f.outcome, f.rows FROM campaign.flow_counts f
	JOIN campaign.run_progress r ON r.run_id = f.run_id AND r.activity = f.source) f
GROUP BY 1, 2 ORDER BY 1, 2;
SELECT activity, count(*), sum(hashtext(recipient || address)::bigint) AS recipients FROM campaign.message GROUP BY 1 ORDER BY 1;
SELECT m.activity, sum(hashtext(r.body)::bigint) AS content FROM campaign.message m, campaign_read_message(m.run_id, m.activity, m.recipient) r GROUP BY 1 ORDER BY 1;
SELECT activity, reason, count(*), sum(hashtext(recipient)::bigint) AS recipients FROM campaign.excluded GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*), sum(hashtext(id || mark)::bigint) AS marks FROM person WHERE mark IS NOT NULL;
SELECT DISTINCT r.campaign, v.code, v.detail FROM campaign.run_progress r, campaign_verify(r.run_id) v ORDER BY 1, 2, 3;
