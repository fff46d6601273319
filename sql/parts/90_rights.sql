-- ---------------------------------------------------------------------------
-- Rights
--
-- Nobody has any on the tables; whoever has USAGE on schema campaign may use
-- the views and functions below, and the API functions ask for that USAGE
-- themselves.  Row security without policies is the second line: a grant made
-- by mistake shows nothing.
-- ---------------------------------------------------------------------------

REVOKE ALL ON SCHEMA campaign, campaign_data FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA campaign FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA campaign FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA campaign FROM PUBLIC;

-- Owners read their own populations there; nobody may create.
GRANT USAGE ON SCHEMA campaign_data TO PUBLIC;

-- Views filter by owner; functions inside of views run as the caller.
GRANT EXECUTE ON FUNCTION
	campaign.visible(oid),
	campaign.home(),
	campaign.executors(),
	campaign.cron_problems(),
	campaign.sample_position(text, text),
	campaign.address_hash(text),
	campaign.address_first(uuid, integer, bigint),
	campaign.count_passing(bigint, "any"),
	campaign.is_new(bigint, bigint[]),
	campaign.sms_segments(text),
	campaign.two_proportions(bigint, bigint, bigint, bigint),
	campaign.address_fault(text),
	campaign.count_results(bytea, text),
	campaign.tally_results(bytea, bigint),
	campaign.known_zone(text),
	campaign.local_instant(timestamp, text),
	campaign.quiet_until(timestamptz, text, jsonb),
	campaign.subject_hash(text),
	campaign.foreign_links(oid),
	campaign.distributed_messages(bigint, bigint, bigint),
	campaign.message_status(text, timestamptz, timestamptz, text)
TO PUBLIC;
GRANT SELECT ON
	campaign.template_version,
	campaign.schedules,
	campaign.viewable,
	campaign.privileges,
	campaign.run_progress,
	campaign.open_progress,
	campaign.flow_counts,
	campaign.overlap,
	campaign.approvals,
	campaign.message,
	campaign.excluded,
	campaign.failed,
	campaign.suppressed,
	campaign.experiment,
	campaign.deferred,
	campaign.rules,
	campaign.links,
	campaign.filters,
	campaign.contacted,
	campaign.channels,
	campaign.event_counts,
	campaign.sent,
	campaign.sent_or_tested,
	campaign.audiences,
	campaign.remembered,
	campaign.returned,
	campaign.refused,
	campaign.report,
	campaign.report_by_domain,
	campaign.report_by_link,
	campaign.report_by_hour,
	campaign.report_by_minute,
	campaign.report_by_message,
	campaign.report_exclusions,
	campaign.open_queue,
	campaign.queue_status,
	campaign.parked_event,
	campaign.log
TO PUBLIC;

ALTER TABLE campaign.origin ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.dimension ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.template ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.link ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.filter ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.campaign ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.privilege ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.version ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.activity ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.transition ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.run ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.task ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.flow ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.signal ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.approval ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.log ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.epoch ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.channel ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.throttle ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.dispatch ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.dispatch_bucket ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.chunk ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.outcome ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.exclusion ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.contact ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.suppression ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.lost_lease ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.figure ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.parked_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.soft_bounce ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.audience ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.audience_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.reject ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.memory ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.memory_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.memory_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign.secret ENABLE ROW LEVEL SECURITY;

-- The log and what was parked are tables that people read themselves.  A name
-- alone is not a campaign: somebody else's may have had it before.
CREATE POLICY log_visible ON campaign.log FOR SELECT
	USING (campaign.visible(owner) OR (campaign, owner) IN (SELECT v.campaign, v.owner FROM campaign.viewable v));
CREATE POLICY parked_event_visible ON campaign.parked_event FOR SELECT USING (campaign.visible(role));
