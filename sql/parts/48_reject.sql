-- ---------------------------------------------------------------------------
-- Views: rows that tables of the owner's refused
-- ---------------------------------------------------------------------------

CREATE VIEW campaign.refused WITH (security_barrier) AS
SELECT j.run_id, j.activity, j.recipient, j.sqlstate, j.error
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.reject j ON j.run_id = r.run_id
WHERE campaign.visible(g.owner);
COMMENT ON VIEW campaign.refused IS 'rows that a table refused, with the reason';
COMMENT ON COLUMN campaign.refused.run_id IS 'the run';
COMMENT ON COLUMN campaign.refused.activity IS 'the activity that was to change the table';
COMMENT ON COLUMN campaign.refused.recipient IS 'key of the row, as in campaign.message';
COMMENT ON COLUMN campaign.refused.sqlstate IS 'SQLSTATE of the error';
COMMENT ON COLUMN campaign.refused.error IS 'its message; NULL once the person was erased';
