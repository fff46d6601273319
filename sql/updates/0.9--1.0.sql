
-- Lines of the log are shown to whoever may look at the campaign, too.
DROP POLICY log_visible ON campaign.log;

-- The view asks a function that has another shape now.
DROP VIEW campaign.run_progress;
-- The newest run of a campaign is found by the index.
-- covers run_campaign
DROP INDEX campaign.run_campaign;
CREATE INDEX run_campaign ON campaign.run (campaign_id, run_id);
