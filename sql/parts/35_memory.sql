-- ---------------------------------------------------------------------------
-- Tables: rows that incremental activities have returned
-- ---------------------------------------------------------------------------

-- What an activity of a campaign remembers, in all versions of the campaign.
--   used_at  when it was executed the last time; whoever executes it locks the row
CREATE TABLE campaign.memory (
	memory_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	campaign_id		bigint NOT NULL REFERENCES campaign.campaign ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	used_at			timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (campaign_id, activity)
);
COMMENT ON TABLE campaign.memory IS 'what an incremental activity remembers';

-- The rows that one execution has returned.  Those of a run that was stopped do
-- not count, until it was settled which of them were sent a message after all.
--   dimension    whose keys they are
--   run_id       the run; it may be gone
--   begins       with a date: rows with an earlier one were not looked at
--   mark         with a date: rows with an earlier one have come, or are given back
--   settled      of a stopped run: only rows that were sent a message are left
--   leased       of a stopped run: some of them are with a sender, and may come back
--   given_back   rows of it are free again: the next execution begins where it did
CREATE TABLE campaign.memory_batch (
	batch_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	memory_id		bigint NOT NULL REFERENCES campaign.memory ON DELETE CASCADE,
	dimension		text COLLATE "C" NOT NULL,
	run_id			bigint NOT NULL,
	returned_at		timestamptz NOT NULL,
	begins			timestamptz NOT NULL,
	mark			timestamptz,
	settled			boolean NOT NULL DEFAULT false,
	leased			boolean NOT NULL DEFAULT false,
	given_back		boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE campaign.memory_batch IS 'an execution of an incremental activity';
CREATE INDEX memory_batch_memory ON campaign.memory_batch (memory_id);
CREATE INDEX memory_batch_run ON campaign.memory_batch (run_id);

-- A row that was returned.
--   key          as campaign.message.recipient has it
--   fingerprint  hash of what makes the row come again when it changes, or NULL
CREATE TABLE campaign.memory_row (
	batch_id		bigint NOT NULL REFERENCES campaign.memory_batch ON DELETE CASCADE,
	key				text COLLATE "C" NOT NULL,
	fingerprint		bigint
);
COMMENT ON TABLE campaign.memory_row IS 'a row that an incremental activity has returned';
CREATE INDEX memory_row_key ON campaign.memory_row (batch_id, key);
COMMENT ON COLUMN campaign.memory.used_at IS 'when the activity was executed the last time';
COMMENT ON COLUMN campaign.memory_batch.dimension IS 'whose keys they are';
COMMENT ON COLUMN campaign.memory_batch.run_id IS 'the run, which may be gone';
COMMENT ON COLUMN campaign.memory_batch.begins IS 'with a date: rows with an earlier one were not looked at';
COMMENT ON COLUMN campaign.memory_batch.mark IS 'with a date: where the next execution begins';
COMMENT ON COLUMN campaign.memory_batch.settled IS 'of a stopped run: only rows that were sent a message are left';
COMMENT ON COLUMN campaign.memory_batch.leased IS 'of a stopped run: some of its rows are with a sender, and may come back';
COMMENT ON COLUMN campaign.memory_batch.given_back IS 'rows of it are free again: the next execution begins where it did';
COMMENT ON COLUMN campaign.memory_row.key IS 'as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.memory_row.fingerprint IS 'hash of what makes the row come again when it changes, or NULL';
