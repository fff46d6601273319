-- ---------------------------------------------------------------------------
-- Tables: rows that tables of the owner's refused
-- ---------------------------------------------------------------------------

-- A row with which an activity could not do what it was to do.
--   recipient  as campaign.message.recipient has it
--   error      NULL once the person was erased
CREATE TABLE campaign.reject (
	reject_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	recipient		text COLLATE "C" NOT NULL,
	sqlstate		text COLLATE "C" NOT NULL,
	error			text
);
COMMENT ON TABLE campaign.reject IS 'a row that a table of the owner''s refused';
CREATE INDEX reject_run ON campaign.reject (run_id, activity);
COMMENT ON COLUMN campaign.reject.recipient IS 'as campaign.message.recipient has it';
COMMENT ON COLUMN campaign.reject.error IS 'NULL once the person was erased';
