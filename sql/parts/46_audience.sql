-- ---------------------------------------------------------------------------
-- Functions and views: saved audiences
-- ---------------------------------------------------------------------------

CREATE VIEW campaign.audiences WITH (security_barrier) AS
SELECT a.name, v.number AS version, v.rows, v.dimension, v.mode,
	format('campaign_data.%I', v.population) AS relation,
	v.campaign, v.run_id, v.activity, v.saved_at,
	v.number = max(v.number) OVER (PARTITION BY v.audience_id) AS newest,
	a.owner_name AS owner
FROM campaign.audience a
JOIN campaign.audience_version v ON v.audience_id = a.audience_id
WHERE campaign.visible(a.owner);
COMMENT ON VIEW campaign.audiences IS 'saved audiences in the versions that are kept';
COMMENT ON COLUMN campaign.audiences.name IS 'name of the audience';
COMMENT ON COLUMN campaign.audiences.version IS 'number of the version, from 1';
COMMENT ON COLUMN campaign.audiences.rows IS 'how many rows it has';
COMMENT ON COLUMN campaign.audiences.dimension IS 'the dimension whose keys they are';
COMMENT ON COLUMN campaign.audiences.mode IS 'how it was saved: create, overwrite, replace or append';
COMMENT ON COLUMN campaign.audiences.relation IS 'the table that has the rows: the key, and the columns that were kept';
COMMENT ON COLUMN campaign.audiences.campaign IS 'name of the campaign that saved it, at that time';
COMMENT ON COLUMN campaign.audiences.run_id IS 'the run that saved it';
COMMENT ON COLUMN campaign.audiences.activity IS 'the activity that saved it';
COMMENT ON COLUMN campaign.audiences.saved_at IS 'when';
COMMENT ON COLUMN campaign.audiences.newest IS 'whether it is the version that is read';
COMMENT ON COLUMN campaign.audiences.owner IS 'name of the role that owns the audience';

-- How a version differs from an earlier one.
--   key     of the row, as campaign.message.recipient has it
--   change  added, removed, or changed: in a column that both versions have
CREATE FUNCTION @extschema@.campaign_audience_diff(
	name text, version1 integer, version2 integer,
	OUT key text, OUT change text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_audience_diff'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_audience_diff(text, integer, integer)
	IS 'rows that were added to an audience, removed or changed from one version to another';

CREATE FUNCTION @extschema@.campaign_audience_drop(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_audience_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_audience_drop(text)
	IS 'drops a saved audience with all its versions';
