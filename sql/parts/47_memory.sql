-- ---------------------------------------------------------------------------
-- Functions and views: rows that incremental activities have returned
-- ---------------------------------------------------------------------------

-- What counts as returned now.  Of a stopped run nothing does before it is
-- settled: see campaign.memory_batch.
CREATE VIEW campaign.returned WITH (security_barrier) AS
SELECT g.name AS campaign, m.activity, b.dimension, r.key, b.run_id,
	b.returned_at, r.fingerprint
FROM campaign.campaign g
JOIN campaign.memory m ON m.campaign_id = g.campaign_id
JOIN campaign.memory_batch b ON b.memory_id = m.memory_id
LEFT JOIN campaign.run u ON u.run_id = b.run_id
JOIN campaign.memory_row r ON r.batch_id = b.batch_id
WHERE campaign.visible(g.owner) AND (b.settled OR u.state IS DISTINCT FROM 'stopped');
COMMENT ON VIEW campaign.returned IS 'rows that incremental activities have returned and do not return again';
COMMENT ON COLUMN campaign.returned.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.returned.activity IS 'name of the activity';
COMMENT ON COLUMN campaign.returned.dimension IS 'the dimension whose row it is';
COMMENT ON COLUMN campaign.returned.key IS 'key of the row, as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.returned.run_id IS 'the run that returned it';
COMMENT ON COLUMN campaign.returned.returned_at IS 'when';
COMMENT ON COLUMN campaign.returned.fingerprint IS 'hash of the expressions of changed_by then; NULL: the row stays away however it changes';

-- For the owners' selects, which say of which batches.
CREATE VIEW campaign.remembered WITH (security_barrier) AS
SELECT r.batch_id, r.key, r.fingerprint
FROM campaign.campaign g
JOIN campaign.memory m ON m.campaign_id = g.campaign_id
JOIN campaign.memory_batch b ON b.memory_id = m.memory_id
JOIN campaign.memory_row r ON r.batch_id = b.batch_id
WHERE campaign.visible(g.owner);
COMMENT ON VIEW campaign.remembered IS 'rows of batches of a memory; campaign.returned says which of them count';
COMMENT ON COLUMN campaign.remembered.batch_id IS 'the execution that returned it';
COMMENT ON COLUMN campaign.remembered.key IS 'key of the row, as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.remembered.fingerprint IS 'as in campaign.returned';

-- The same question about keys that are integers, without a join.  The batches
-- are a constant.
CREATE FUNCTION campaign.is_new(key bigint, batches bigint[])
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_is_new'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION campaign.is_new(bigint, bigint[])
	IS 'whether none of the batches of a memory has the key';

-- Rows that are forgotten may be returned again.
--   keys  as campaign.message.recipient has them; NULL: all the activity remembers
CREATE FUNCTION @extschema@.campaign_forget_returned(
	campaign text, activity text, keys text[] DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_forget_returned'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_forget_returned(text, text, text[])
	IS 'lets an incremental activity forget what it has returned, all of it or some keys; returns how many rows';
