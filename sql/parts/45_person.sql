-- ---------------------------------------------------------------------------
-- Functions and views: one person
-- ---------------------------------------------------------------------------

-- The path of one row through a run, a row per activity, or per outcome where it
-- came out of several; sources first.
--   key   of the targeted row, as campaign.message.recipient has it
--   fate  of a delivery: the status of the message, excluded, or not in; of
--         others: in, not in, or not kept where the rows are gone and it does
--         not follow from anything; before they are executed: the task's state
--   met         whether the row came to the activity; NULL: not known
--   decided_by  which part of a condition, draw, limit, set or reason it was
--   judged      then: by what was recorded; now: by the values of today, as the
--               owner, and only for whoever has his rights
--   facts       what is known beyond that, see docs/reference.md
--   events      attempts that were in vain, and feedback
CREATE FUNCTION @extschema@.campaign_why(
	run bigint, key text,
	OUT step integer, OUT activity text, OUT kind text,
	OUT dimension text, OUT fate text, OUT outcome text, OUT reason text,
	OUT message_id bigint, OUT address text, OUT attempts integer,
	OUT settled_at timestamptz, OUT met boolean, OUT decided_by text,
	OUT judged text, OUT facts jsonb, OUT events jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_why'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION @extschema@.campaign_why(bigint, text)
	IS 'the path of one row through a run: what each activity did with it, and what decided';

-- All messages of a person and what came of them, newest first, over all campaigns
-- that the caller may look at.
--   key       of the row, as campaign.message.recipient has it
--   max_rows  NULL: all
--   related   also messages to rows of other dimensions that lead to the row
--   what      queued, excluded, a status, retried, released, or an event
CREATE FUNCTION @extschema@.campaign_history(
	dimension text, key text, max_rows bigint DEFAULT 100,
	related boolean DEFAULT true,
	OUT at timestamptz, OUT what text, OUT owner text, OUT campaign text,
	OUT run_id bigint, OUT activity text, OUT channel text,
	OUT recipient text, OUT message_id bigint, OUT address text,
	OUT detail jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_history'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION @extschema@.campaign_history(text, text, bigint, boolean)
	IS 'all messages of a person and what came of them, newest first, over all campaigns the caller may look at';

-- Erases a person: addresses and variables of all messages of the owner's
-- campaigns, what activities have added to the row in populations, details of
-- feedback and reasons of failures.  Messages that wait are withdrawn; the
-- addresses stay suppressed, by their hashes.  Keys stay: delete the person from
-- your own tables as well.  May be repeated.
--   key     of the row, as campaign.message.recipient has it
--   leased  messages a sender has at this moment; they are blanked too
CREATE FUNCTION @extschema@.campaign_forget(
	dimension text, key text,
	OUT messages bigint, OUT withdrawn bigint, OUT leased bigint,
	OUT events bigint, OUT rows bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'campaign_forget'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_forget(text, text)
	IS 'erases a person: returns how many messages were blanked and withdrawn, how many are with senders, and how many events and rows of populations were blanked';
