-- ---------------------------------------------------------------------------
-- What columns mean: all of views and types, and those of tables that do not
-- say it by their names.  docs/reference.md shows these texts.
-- ---------------------------------------------------------------------------

-- Views.

COMMENT ON COLUMN campaign.template_version.name IS 'name of the template or snippet';
COMMENT ON COLUMN campaign.template_version.number IS 'number of the version, from 1';
COMMENT ON COLUMN campaign.template_version.channel IS 'kind of activity whose messages it is for; NULL: a snippet';
COMMENT ON COLUMN campaign.template_version.subject IS 'its subject';
COMMENT ON COLUMN campaign.template_version.body IS 'its body';
COMMENT ON COLUMN campaign.template_version.parts IS 'its other parts, by name';
COMMENT ON COLUMN campaign.template_version.description IS 'what it is, as its author said';
COMMENT ON COLUMN campaign.template_version.owner IS 'name of the role that owns it';
COMMENT ON COLUMN campaign.template_version.created_at IS 'when the version was declared';
COMMENT ON COLUMN campaign.template_version.newest IS 'whether it is the version that counts';

COMMENT ON COLUMN campaign.schedules.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.schedules.meaning IS 'its schedule in words';
COMMENT ON COLUMN campaign.schedules.state IS 'active; held, with everything or because it is at home in another database; ended if no launch is left';
COMMENT ON COLUMN campaign.schedules.next_at IS 'the next launch; in the past if it waits for a run to end';
COMMENT ON COLUMN campaign.schedules.launched IS 'runs the schedule has started';
COMMENT ON COLUMN campaign.schedules.last_run_id IS 'run of the last launch, even of an earlier schedule';
COMMENT ON COLUMN campaign.schedules.last_launch IS 'when that was meant to be';
COMMENT ON COLUMN campaign.schedules.last_state IS 'its state; missed if it was not started';
COMMENT ON COLUMN campaign.schedules.schedule IS 'the schedule, with what had been left open';
COMMENT ON COLUMN campaign.schedules.owner IS 'name of the role that owns the campaign';
COMMENT ON COLUMN campaign.schedules.scheduled_at IS 'when it was given that schedule';

COMMENT ON COLUMN campaign.run_progress.run_id IS 'the run';
COMMENT ON COLUMN campaign.run_progress.campaign IS 'name of its campaign';
COMMENT ON COLUMN campaign.run_progress.activity IS 'name of the activity';
COMMENT ON COLUMN campaign.run_progress.kind IS 'kind of the activity';
COMMENT ON COLUMN campaign.run_progress.state IS 'state of the task; running while an executor is at it';
COMMENT ON COLUMN campaign.run_progress.rows_in IS 'rows that flow in; NULL where nothing can, or nothing did yet';
COMMENT ON COLUMN campaign.run_progress.rows_out IS 'rows that came out of all outcomes; while it works, rows handled so far';
COMMENT ON COLUMN campaign.run_progress.elapsed IS 'time since the task was begun, until it ended';
COMMENT ON COLUMN campaign.run_progress.bar IS 'share that is done of the rows it is to give, twenty characters wide';
COMMENT ON COLUMN campaign.run_progress.eta IS 'when a waiting task goes on, or what is executed will be done';
COMMENT ON COLUMN campaign.run_progress.error IS 'message of the last failed attempt';
COMMENT ON COLUMN campaign.run_progress.sqlstate IS 'its SQLSTATE';
COMMENT ON COLUMN campaign.run_progress.detail IS 'its detail';
COMMENT ON COLUMN campaign.run_progress.hint IS 'its hint';
COMMENT ON COLUMN campaign.run_progress.attempts IS 'failed attempts since the last retry';
COMMENT ON COLUMN campaign.run_progress.run_state IS 'state of the run; held if it is at home in another database';
COMMENT ON COLUMN campaign.run_progress.test IS 'true: it is a test, which writes and sends nothing';
COMMENT ON COLUMN campaign.run_progress.parent_run IS 'the run that has started the run; NULL: none';
COMMENT ON COLUMN campaign.run_progress.parent_activity IS 'the activity of it that did';
COMMENT ON COLUMN campaign.run_progress.depth IS 'how many runs are above the run';
COMMENT ON COLUMN campaign.run_progress.overdue IS 'true: it takes longer than its option max_duration says';
COMMENT ON COLUMN campaign.run_progress.rate IS 'rows_out per second of elapsed';
COMMENT ON COLUMN campaign.open_progress.run_id IS 'the run';
COMMENT ON COLUMN campaign.open_progress.campaign IS 'name of its campaign';
COMMENT ON COLUMN campaign.open_progress.activity IS 'name of the activity';
COMMENT ON COLUMN campaign.open_progress.kind IS 'kind of the activity';
COMMENT ON COLUMN campaign.open_progress.state IS 'state of the task; running while an executor is at it';
COMMENT ON COLUMN campaign.open_progress.rows_in IS 'rows that flow in; NULL where nothing can, or nothing did yet';
COMMENT ON COLUMN campaign.open_progress.rows_out IS 'rows that came out of all outcomes; while it works, rows handled so far';
COMMENT ON COLUMN campaign.open_progress.elapsed IS 'time since the task was begun, until it ended';
COMMENT ON COLUMN campaign.open_progress.bar IS 'share that is done of the rows it is to give, twenty characters wide';
COMMENT ON COLUMN campaign.open_progress.eta IS 'when a waiting task goes on, or what is executed will be done';
COMMENT ON COLUMN campaign.open_progress.error IS 'message of the last failed attempt';
COMMENT ON COLUMN campaign.open_progress.sqlstate IS 'its SQLSTATE';
COMMENT ON COLUMN campaign.open_progress.detail IS 'its detail';
COMMENT ON COLUMN campaign.open_progress.hint IS 'its hint';
COMMENT ON COLUMN campaign.open_progress.attempts IS 'failed attempts since the last retry';
COMMENT ON COLUMN campaign.open_progress.run_state IS 'state of the run; held if it is at home in another database';
COMMENT ON COLUMN campaign.open_progress.test IS 'true: it is a test, which writes and sends nothing';
COMMENT ON COLUMN campaign.open_progress.parent_run IS 'the run that has started the run; NULL: none';
COMMENT ON COLUMN campaign.open_progress.parent_activity IS 'the activity of it that did';
COMMENT ON COLUMN campaign.open_progress.depth IS 'how many runs are above the run';
COMMENT ON COLUMN campaign.open_progress.overdue IS 'true: it takes longer than its option max_duration says';
COMMENT ON COLUMN campaign.open_progress.rate IS 'rows_out per second of elapsed';

COMMENT ON COLUMN campaign.flow_counts.run_id IS 'the run';
COMMENT ON COLUMN campaign.flow_counts.source IS 'activity out of which the rows came';
COMMENT ON COLUMN campaign.flow_counts.outcome IS 'its outcome';
COMMENT ON COLUMN campaign.flow_counts.target IS 'activity that the outcome feeds, one line each; NULL if it feeds none';
COMMENT ON COLUMN campaign.flow_counts.rows IS 'how many rows';
COMMENT ON COLUMN campaign.flow_counts.relation IS 'table that has the rows as long as they are needed; NULL where they were only counted';

COMMENT ON COLUMN campaign.approvals.approval_id IS 'number of the question, for campaign_decide';
COMMENT ON COLUMN campaign.approvals.run_id IS 'the run that waits for the answer';
COMMENT ON COLUMN campaign.approvals.campaign IS 'name of its campaign';
COMMENT ON COLUMN campaign.approvals.activity IS 'the activity that asks';
COMMENT ON COLUMN campaign.approvals.question IS 'what is asked';
COMMENT ON COLUMN campaign.approvals.answers IS 'the possible answers';
COMMENT ON COLUMN campaign.approvals.roles IS 'names of the roles that are asked';
COMMENT ON COLUMN campaign.approvals.all_answer IS 'whether each of them has to answer';
COMMENT ON COLUMN campaign.approvals.state IS 'open, answered, or closed: the activity does not wait any more';
COMMENT ON COLUMN campaign.approvals.asked IS 'whether the reader may answer';
COMMENT ON COLUMN campaign.approvals.asked_at IS 'when it was asked';
COMMENT ON COLUMN campaign.approvals.deadline IS 'when it is too late to answer; NULL: never';
COMMENT ON COLUMN campaign.approvals.default_answer IS 'what is taken then; NULL: outcome timeout';
COMMENT ON COLUMN campaign.approvals.votes IS 'the answers so far: role, answer, comment, by, at';
COMMENT ON COLUMN campaign.approvals.answer IS 'what was decided';
COMMENT ON COLUMN campaign.approvals.answered_at IS 'when that was';

COMMENT ON COLUMN campaign.overlap.run_id IS 'the run';
COMMENT ON COLUMN campaign.overlap.activity IS 'the activity that combines';
COMMENT ON COLUMN campaign.overlap.sets IS 'the sets in which the rows were, and in no other of the activity; NULL for those of all further combinations of sets, beyond a thousand';
COMMENT ON COLUMN campaign.overlap.rows IS 'how many rows';

COMMENT ON COLUMN campaign.message.run_id IS 'the run';
COMMENT ON COLUMN campaign.message.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.message.message_id IS 'number of the message, unique in the database';
COMMENT ON COLUMN campaign.message.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.message.channel IS 'the channel';
COMMENT ON COLUMN campaign.message.address IS 'where it goes';
COMMENT ON COLUMN campaign.message.status IS 'pending, leased, sent, failed, withdrawn or expired; test in a test run';
COMMENT ON COLUMN campaign.message.send_at IS 'not before';
COMMENT ON COLUMN campaign.message.settled_at IS 'when it was acknowledged or withdrawn; of one that is to be tried again, when the last attempt failed';

COMMENT ON COLUMN campaign.failed.run_id IS 'the run';
COMMENT ON COLUMN campaign.failed.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.failed.message_id IS 'number of the message, unique in the database';
COMMENT ON COLUMN campaign.failed.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.failed.channel IS 'the channel';
COMMENT ON COLUMN campaign.failed.address IS 'where it was to go; empty once it is forgotten';
COMMENT ON COLUMN campaign.failed.attempts IS 'how often the message was handed out';
COMMENT ON COLUMN campaign.failed.failed_at IS 'when the last attempt was acknowledged';
COMMENT ON COLUMN campaign.failed.error IS 'reason of the last attempt';
COMMENT ON COLUMN campaign.excluded.run_id IS 'the run';
COMMENT ON COLUMN campaign.excluded.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.excluded.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.excluded.reason IS 'gone, no_person, no_address, malformed_address, no_consent, suppressed, duplicate_person, duplicate_address, control_group, pressure, capacity, too_long or duplicate';

COMMENT ON COLUMN campaign.suppressed.channel IS 'the channel';
COMMENT ON COLUMN campaign.suppressed.address_hash IS 'campaign.address_hash() of the address';

-- Types.

COMMENT ON COLUMN campaign.claimed_message.message_id IS 'number of the message, to be named if it fails';
COMMENT ON COLUMN campaign.claimed_message.lease IS 'the lease, the same for all messages of a claim';
COMMENT ON COLUMN campaign.claimed_message.idempotency_key IS '32 hex digits, the same whenever this message is handed out; pass it to the provider';
COMMENT ON COLUMN campaign.claimed_message.address IS 'where to send it';
COMMENT ON COLUMN campaign.claimed_message.subject IS 'rendered subject, one line; NULL if the channel has none';
COMMENT ON COLUMN campaign.claimed_message.body IS 'rendered body: HTML for email';
COMMENT ON COLUMN campaign.claimed_message.attributes IS 'campaign, activity and recipient, for tags and logs; unsubscribe_url of an e-mail where tracking is set up';
COMMENT ON COLUMN campaign.claimed_message.attempt IS 'how many times it has been handed out, this time included';

COMMENT ON COLUMN campaign.acknowledged.result IS 'settled; or late, settled before or unknown, when nothing was changed';
COMMENT ON COLUMN campaign.acknowledged.sent IS 'messages that were settled as sent';
COMMENT ON COLUMN campaign.acknowledged.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.acknowledged.retried IS 'messages that will be handed out again';

-- Tables.

COMMENT ON COLUMN campaign.log.logged_at IS 'when, by the clock and not by the transaction';
COMMENT ON COLUMN campaign.log.role_name IS 'who did it: name of the current user';
COMMENT ON COLUMN campaign.log.owner IS 'owner of the campaign; rows are shown to who has its rights';
COMMENT ON COLUMN campaign.log.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.log.run_id IS 'the run, if it was about one';
COMMENT ON COLUMN campaign.log.activity IS 'the activity, if it was about one';
COMMENT ON COLUMN campaign.log.event IS 'move (of a state), define, publish, start, error, confirmation needed or time zone missing';
COMMENT ON COLUMN campaign.log.old_state IS 'of a move: the state before';
COMMENT ON COLUMN campaign.log.new_state IS 'of a move: the state after';
COMMENT ON COLUMN campaign.log.message IS 'why, or what';
COMMENT ON COLUMN campaign.log.sqlstate IS 'of an error: its SQLSTATE';
COMMENT ON COLUMN campaign.log.hint IS 'of an error: what to do';
COMMENT ON COLUMN campaign.log.level IS 'error, warning, notice (somebody is asked, or has stopped something), info, or debug (moves of activities)';

COMMENT ON COLUMN campaign.dimension.name IS 'unique among its owner''s dimensions; the alias of the row in expressions';
COMMENT ON COLUMN campaign.dimension.relation IS 'oid of the relation; believed as long as it has the name';
COMMENT ON COLUMN campaign.dimension.relation_name IS 'schema and name of the relation, quoted';
COMMENT ON COLUMN campaign.dimension.key IS 'columns of the key, in order';
COMMENT ON COLUMN campaign.dimension.addresses IS 'channel: expression giving the address';
COMMENT ON COLUMN campaign.dimension.consent IS 'channel: condition under which marketing may be sent';
COMMENT ON COLUMN campaign.dimension.time_zone IS 'expression giving whose clock a message goes by; NULL: none';
COMMENT ON COLUMN campaign.dimension.language IS 'expression giving the language of who gets a message; NULL: none';
COMMENT ON COLUMN campaign.dimension.profile IS 'expression giving the key of the person behind the row';
COMMENT ON COLUMN campaign.dimension.profile_dimension IS 'name of the owner''s dimension whose key profile gives; NULL: its rows are not read';
COMMENT ON COLUMN campaign.dimension.search_path IS 'under which its expressions are read';

COMMENT ON COLUMN campaign.template.name IS 'unique among its owner''s, with the number';
COMMENT ON COLUMN campaign.template.number IS 'number of the version, from 1; the newest counts';
COMMENT ON COLUMN campaign.template.channel IS 'kind of activity whose messages it is for; NULL: a snippet';
COMMENT ON COLUMN campaign.template.parts IS 'texts by the names of the parts';

COMMENT ON COLUMN campaign.campaign.dimension IS 'name of the owner''s dimension that branches begin with';
COMMENT ON COLUMN campaign.campaign.status IS 'draft, published, closed, stopped or archived';
COMMENT ON COLUMN campaign.campaign.settings IS 'variables, keep_populations, priority and throttle';

COMMENT ON COLUMN campaign.version.number IS '0: the draft; -1: what is tested; the others are frozen, the highest is live';
COMMENT ON COLUMN campaign.version.hash IS 'SHA-256 of the frozen definition; NULL for the draft';
COMMENT ON COLUMN campaign.version.definition IS 'what campaign_export shows; NULL for the draft';
COMMENT ON COLUMN campaign.version.dimensions IS 'copies of the dimensions it uses; NULL for the draft';

COMMENT ON COLUMN campaign.activity.position IS 'order of definition';
COMMENT ON COLUMN campaign.activity.search_path IS 'under which its expressions are read';
COMMENT ON COLUMN campaign.activity.objects IS 'identities of what its expressions refer to; set on publishing';

COMMENT ON COLUMN campaign.transition.position IS 'order of definition';

COMMENT ON COLUMN campaign.run.uuid IS 'what the idempotency keys of its messages are derived from';
COMMENT ON COLUMN campaign.run.home IS 'server and database that may execute it';
COMMENT ON COLUMN campaign.run.epoch IS 'whose partition of the queue takes its messages';
COMMENT ON COLUMN campaign.run.variables IS 'values of the run variables';
COMMENT ON COLUMN campaign.run.started_by IS 'name of the role that started it';

COMMENT ON COLUMN campaign.run.occurrence IS 'the launch of the campaign''s schedule that it is; NULL: none';
COMMENT ON COLUMN campaign.run.parent_run IS 'the run that has started it; NULL: none, or it was dropped';
COMMENT ON COLUMN campaign.run.parent_activity IS 'the activity of it that did';
COMMENT ON COLUMN campaign.run.depth IS 'how many runs are above it';
COMMENT ON COLUMN campaign.run.unheard IS 'true: it has ended, and the parent is to be told in the scheduler''s next turn';
COMMENT ON COLUMN campaign.run.attached IS 'true: the parent waits for its end, and to pause, resume or stop the parent does the same to it';
COMMENT ON COLUMN campaign.run.errors IS 'activities that failed and let the run go on, counted over runs until one has none';
COMMENT ON COLUMN campaign.run.test IS 'true: it is a test, which writes and sends nothing';
COMMENT ON COLUMN campaign.run.test_options IS 'how a test is done; NULL: it is none';
COMMENT ON COLUMN campaign.schedule.schedule IS 'the schedule, with what had been left open';
COMMENT ON COLUMN campaign.schedule.meaning IS 'the same in words';
COMMENT ON COLUMN campaign.schedule.home IS 'server and database that may launch it';
COMMENT ON COLUMN campaign.schedule.next_at IS 'the next launch; NULL: none is left';
COMMENT ON COLUMN campaign.schedule.launched IS 'runs it has started';
COMMENT ON COLUMN campaign.task.position IS 'order of definition';
COMMENT ON COLUMN campaign.task.due_at IS 'not to be executed before';
COMMENT ON COLUMN campaign.task.hurried IS 'the time it waits for counts as come, because a person said so';
COMMENT ON COLUMN campaign.task.attempts IS 'failed attempts since the last retry';
COMMENT ON COLUMN campaign.task.warn_at IS 'when it is told that the activity takes too long; NULL: never';
COMMENT ON COLUMN campaign.task.rows_in IS 'rows that flowed in; -1 where nothing can';
COMMENT ON COLUMN campaign.task.sqlstate IS 'of the last failed attempt, as are error, detail and hint';

COMMENT ON COLUMN campaign.signal.name IS 'name of the signal';
COMMENT ON COLUMN campaign.signal.payload IS 'run variables that whoever takes it sets';
COMMENT ON COLUMN campaign.signal.sent_by IS 'name of the role that sent it';
COMMENT ON COLUMN campaign.signal.sent_at IS 'when';
COMMENT ON COLUMN campaign.approval.answers IS 'the possible answers, in order';
COMMENT ON COLUMN campaign.approval.roles IS 'names of the roles that are asked';
COMMENT ON COLUMN campaign.approval.all_answer IS 'each of them has to answer; of different answers the one that stands last in answers counts';
COMMENT ON COLUMN campaign.approval.reminded_at IS 'when they were asked the last time';
COMMENT ON COLUMN campaign.approval.deadline IS 'when it is too late to answer';
COMMENT ON COLUMN campaign.approval.default_answer IS 'what is taken then; NULL: outcome timeout';
COMMENT ON COLUMN campaign.approval.votes IS 'the answers so far: role, answer, comment, by, at';
COMMENT ON COLUMN campaign.approval.answer IS 'what was decided; NULL: nothing yet';

COMMENT ON COLUMN campaign.flow.rows IS 'rows that came out';
COMMENT ON COLUMN campaign.flow.dimension IS 'name of the dimension the rows are of';
COMMENT ON COLUMN campaign.flow.population IS 'table in campaign_data holding the rows; NULL where they were only counted, or are not needed any more';
COMMENT ON COLUMN campaign.flow.active IS 'false: the outcome is not to be followed';
COMMENT ON COLUMN campaign.flow.kept IS 'true: the population stays until the campaign is started again';

COMMENT ON COLUMN campaign.origin.system IS 'identifier of the server';
COMMENT ON COLUMN campaign.epoch.month IS 'first day of the month, in UTC';
COMMENT ON COLUMN campaign.epoch.partition IS 'its partition of campaign.dispatch, in campaign_data';

COMMENT ON COLUMN campaign.delivery.targeted IS 'rows that came in: queued + excluded';
COMMENT ON COLUMN campaign.delivery.excluded IS 'rows in campaign.exclusion';
COMMENT ON COLUMN campaign.delivery.queued IS 'rows in campaign.dispatch, or in campaign.dispatch_bucket';
COMMENT ON COLUMN campaign.delivery.distributed IS 'its messages are in campaign.dispatch_bucket';

COMMENT ON COLUMN campaign.dispatch.message_id IS 'epoch * 2^36 + a number; those of a chunk are consecutive';
COMMENT ON COLUMN campaign.dispatch.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.dispatch.person IS 'key of the person behind it; NULL where that is the recipient';
COMMENT ON COLUMN campaign.dispatch.variables IS 'values of the templates'' expressions, in their order';

COMMENT ON COLUMN campaign.dispatch_bucket.bucket IS 'number of the thousand within the epoch: the messages of a chunk are in one';

COMMENT ON COLUMN campaign.chunk.first_id IS 'first message';
COMMENT ON COLUMN campaign.chunk.last_id IS 'last message';
COMMENT ON COLUMN campaign.chunk.first_recipient IS 'lowest of the recipients, in byte order';
COMMENT ON COLUMN campaign.chunk.last_recipient IS 'highest of the recipients';
COMMENT ON COLUMN campaign.chunk.first_block IS 'block of the partition the first message was written to; a hint; -1: it is in campaign.dispatch_bucket';
COMMENT ON COLUMN campaign.chunk.last_block IS 'block of the partition the last message was written to; a hint; -1 as above';
COMMENT ON COLUMN campaign.chunk.edition IS 'which content of the delivery its messages get; negative: not decided yet';
COMMENT ON COLUMN campaign.delivery.decide_at IS 'when the winner of its variants is chosen; NULL: nothing is to be decided';
COMMENT ON COLUMN campaign.delivery.winner IS 'position of the variant that was chosen';
COMMENT ON COLUMN campaign.chunk.domain IS 'domain of its addresses, where that has a limit; otherwise empty';
COMMENT ON COLUMN campaign.chunk.send_at IS 'when its messages are meant to be sent';
COMMENT ON COLUMN campaign.chunk.due_at IS 'not to be handed out before; infinity: not decided yet';
COMMENT ON COLUMN campaign.chunk.expires_at IS 'not to be handed out from then on; NULL: no end';
COMMENT ON COLUMN campaign.chunk.settled IS 'no message is open any more';
COMMENT ON COLUMN campaign.chunk.lease IS 'of the sender that has, or had, it';
COMMENT ON COLUMN campaign.chunk.holder IS 'role that claimed it';
COMMENT ON COLUMN campaign.chunk.leased_until IS 'end of the lease; of a settled chunk, when it was settled';
COMMENT ON COLUMN campaign.chunk.attempts IS 'how often it was claimed';
COMMENT ON COLUMN campaign.chunk.results IS 'a byte per message: . open, s sent, f failed, w withdrawn, e expired, r moved to a chunk of its own; NULL: all open';

COMMENT ON COLUMN campaign.outcome.attempt IS 'which attempt it was';
COMMENT ON COLUMN campaign.outcome.status IS 'failed, retried or withdrawn';
COMMENT ON COLUMN campaign.outcome.reason IS 'what the sender said, or why it was withdrawn';

COMMENT ON COLUMN campaign.exclusion.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.exclusion.person IS 'key of the person behind it; NULL where that is the recipient';
COMMENT ON COLUMN campaign.exclusion.reason IS 'code; see the view campaign.excluded';

COMMENT ON COLUMN campaign.suppression.address_hash IS 'campaign.address_hash() of the address: what is compared';
COMMENT ON COLUMN campaign.suppression.role_name IS 'role that suppressed it, and may take that back';

COMMENT ON COLUMN campaign.lost_lease.lease IS 'a lease that ran out, and whose messages were claimed again';
COMMENT ON COLUMN campaign.lost_lease.holder IS 'role that had it';

COMMENT ON COLUMN campaign.delivery.confirmed IS 'false: its messages wait for campaign_confirm';
COMMENT ON COLUMN campaign.delivery.lanes IS 'domains of its chunks';
COMMENT ON COLUMN campaign.delivery.drained IS 'none of its chunks is unsettled any more';
COMMENT ON COLUMN campaign.delivery.passed_due IS 'with passed_chunk: chunks due before are all settled';
COMMENT ON COLUMN campaign.delivery.passed_chunk IS 'with passed_due: chunks before are all settled';
COMMENT ON COLUMN campaign.channel.name IS 'name of the channel';
COMMENT ON COLUMN campaign.channel.kind IS 'email, sms, push, direct_mail or custom';
COMMENT ON COLUMN campaign.channel.settings IS 'limits and whether it is paused';
COMMENT ON COLUMN campaign.deferred.delivery_id IS 'the delivery';
COMMENT ON COLUMN campaign.deferred.message_id IS 'number of the message';
COMMENT ON COLUMN campaign.deferred.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.deferred.send_at IS 'when it is to be sent';
COMMENT ON COLUMN campaign.hold.held IS 'always true: there is one row at most';
COMMENT ON COLUMN campaign.hold.held_at IS 'since when everything is held';
COMMENT ON COLUMN campaign.hold.role_name IS 'who holds it';
COMMENT ON COLUMN campaign.hold.reason IS 'why';
COMMENT ON COLUMN campaign.task.follow_at IS 'when a succeeded one has something to do for its messages again';
COMMENT ON COLUMN campaign.channels.name IS 'name of the channel';
COMMENT ON COLUMN campaign.channels.kind IS 'email, sms, push, direct_mail or custom';
COMMENT ON COLUMN campaign.channels.settings IS 'limits and whether it is paused';
COMMENT ON COLUMN campaign.channels.paused IS 'nothing of it is handed out';
COMMENT ON COLUMN campaign.throttle.bucket IS 'what is limited, for how long: a channel, a domain of one, a campaign';
COMMENT ON COLUMN campaign.throttle.slice IS 'number of the newest slice of time';
COMMENT ON COLUMN campaign.throttle.counts IS 'messages handed out per slice, from the newest to the oldest';

COMMENT ON COLUMN campaign.event.event IS 'delivered, bounced, opened, clicked, unsubscribed, complained or converted';
COMMENT ON COLUMN campaign.event.at IS 'when it happened';
COMMENT ON COLUMN campaign.event.event_key IS 'hash by which a repetition is known';
COMMENT ON COLUMN campaign.event.detail IS 'what was said about it: id, type, link, value and others';
COMMENT ON COLUMN campaign.event.first IS 'whether it is the one of its kind that counts the message: the first to be recorded';
COMMENT ON COLUMN campaign.figure.grain IS 'minute or link: what the row counts by';
COMMENT ON COLUMN campaign.figure.level IS 'how often rows were replaced by their sum to make it';
COMMENT ON COLUMN campaign.figure.event IS 'kind of event; hard_bounced; of messages that are deleted, sent';
COMMENT ON COLUMN campaign.figure.minute IS 'in which messages had their first such event, and events were';
COMMENT ON COLUMN campaign.figure.edition IS 'content of the messages, as in campaign.chunk';
COMMENT ON COLUMN campaign.figure.name IS 'the link; NULL if the events do not say';
COMMENT ON COLUMN campaign.figure.messages IS 'messages, each counted once; below 0 where one was counted too late before';
COMMENT ON COLUMN campaign.figure.events IS 'events, of which a message may have several';
COMMENT ON COLUMN campaign.figure.value IS 'sum of the values of conversions';
COMMENT ON COLUMN campaign.figure.first_at IS 'the first of the events';
COMMENT ON COLUMN campaign.figure.last_at IS 'the last of the events';

COMMENT ON COLUMN campaign.parked_event.role IS 'role that reported it';
COMMENT ON COLUMN campaign.parked_event.message_id IS 'the message it was said to be about';

COMMENT ON COLUMN campaign.soft_bounce.address_hash IS 'campaign.address_hash() of the address';
COMMENT ON COLUMN campaign.soft_bounce.bounces IS 'soft bounces since the address was let in, if it ever was suppressed';
COMMENT ON COLUMN campaign.soft_bounce.bounced_at IS 'the last time';

COMMENT ON COLUMN campaign.secret.sole IS 'true: there is one row';
COMMENT ON COLUMN campaign.secret.secret IS '32 random bytes';

COMMENT ON COLUMN campaign.event_counts.run_id IS 'the run';
COMMENT ON COLUMN campaign.event_counts.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.event_counts.channel IS 'the channel';
COMMENT ON COLUMN campaign.event_counts.event IS 'what happened';
COMMENT ON COLUMN campaign.event_counts.first_at IS 'when it happened first';
COMMENT ON COLUMN campaign.event_counts.last_at IS 'when it happened last';

COMMENT ON COLUMN campaign.report.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report.run_id IS 'the run';
COMMENT ON COLUMN campaign.report.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report.channel IS 'the channel';
COMMENT ON COLUMN campaign.report.targeted IS 'rows that came in: excluded + queued';
COMMENT ON COLUMN campaign.report.excluded IS 'rows that got no message; see campaign.excluded';
COMMENT ON COLUMN campaign.report.queued IS 'messages';
COMMENT ON COLUMN campaign.report.delivered IS 'messages that a provider said were delivered';
COMMENT ON COLUMN campaign.report.bounced IS 'messages that came back, hard or soft';
COMMENT ON COLUMN campaign.report.opened IS 'messages that were opened';
COMMENT ON COLUMN campaign.report.clicked IS 'messages of which a link was clicked';
COMMENT ON COLUMN campaign.report.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report.bounced_rate IS 'bounced / sent';
COMMENT ON COLUMN campaign.report.opened_rate IS 'opened / sent';
COMMENT ON COLUMN campaign.report.clicked_rate IS 'clicked / sent';
COMMENT ON COLUMN campaign.report.unsubscribed_rate IS 'unsubscribed / sent';
COMMENT ON COLUMN campaign.report.complained_rate IS 'complained / sent';
COMMENT ON COLUMN campaign.report.converted IS 'messages that led to a conversion';
COMMENT ON COLUMN campaign.report.converted_value IS 'sum of the values of all conversions';

COMMENT ON COLUMN campaign.feedback_counts.recorded IS 'events that were new';
COMMENT ON COLUMN campaign.feedback_counts.repeated IS 'events that were known already';
COMMENT ON COLUMN campaign.feedback_counts.parked IS 'events of messages that are not there, or not the caller''s';
COMMENT ON COLUMN campaign.rule.name IS 'unique among its owner''s';
COMMENT ON COLUMN campaign.rule.kind IS 'pressure, capacity, control or quiet_hours';
COMMENT ON COLUMN campaign.rule.settings IS 'as they were declared';
COMMENT ON COLUMN campaign.rule.search_path IS 'under which its expression is read';
COMMENT ON COLUMN campaign.version.rules IS 'copies of the rules that may hold; NULL for the draft';
COMMENT ON COLUMN campaign.contact.first_id IS 'first message of the chunk as it was enqueued';
COMMENT ON COLUMN campaign.contact.last_id IS 'last message';
COMMENT ON COLUMN campaign.contact.contacted_at IS 'when its messages are meant to be sent';
COMMENT ON COLUMN campaign.contact.weight IS 'of each message, in hundredths';
COMMENT ON COLUMN campaign.contact.subjects IS 'campaign.subject_hash() of who is counted, per message; 0: nobody; NULL: messages are counted only';
COMMENT ON COLUMN campaign.contacted.rule_id IS 'the rule, as in campaign.rule';
COMMENT ON COLUMN campaign.contacted.contacted_at IS 'when the message is meant to be sent';
COMMENT ON COLUMN campaign.contacted.weight IS 'of the message, in hundredths';
COMMENT ON COLUMN campaign.contacted.test_run_id IS 'the test run whose message it is; NULL: it is no test''s';
COMMENT ON COLUMN campaign.contacted.subject IS 'campaign.subject_hash() of who is counted';
COMMENT ON COLUMN campaign.rules.name IS 'unique among its owner''s';
COMMENT ON COLUMN campaign.rules.kind IS 'pressure, capacity, control or quiet_hours';
COMMENT ON COLUMN campaign.rules.settings IS 'as they were declared';
COMMENT ON COLUMN campaign.rules.always IS 'holds for all marketing deliveries of its owner';
COMMENT ON COLUMN campaign.rules.owner IS 'role that declared it';

COMMENT ON COLUMN campaign.version.links IS 'copies of the links it uses; NULL for the draft';
COMMENT ON COLUMN campaign.version.filters IS 'copies of the saved filters it uses; NULL for the draft';
COMMENT ON COLUMN campaign.filter.name IS 'unique among its owner''s';
COMMENT ON COLUMN campaign.filter.dimension IS 'whose rows it is about';
COMMENT ON COLUMN campaign.filter.condition IS 'SQL expression over the row, or a rule as JSON';
COMMENT ON COLUMN campaign.filter.parameters IS 'name -> type and, if it has one, default';
COMMENT ON COLUMN campaign.filter.description IS 'for people; may be NULL';
COMMENT ON COLUMN campaign.filter.search_path IS 'under which its expressions are read';
COMMENT ON COLUMN campaign.filters.name IS 'by which rules name it';
COMMENT ON COLUMN campaign.filters.dimension IS 'whose rows it is about';
COMMENT ON COLUMN campaign.filters.condition IS 'SQL expression over the row, or a rule as JSON';
COMMENT ON COLUMN campaign.filters.parameters IS 'name -> type and, if it has one, default';
COMMENT ON COLUMN campaign.filters.description IS 'what it is for';
COMMENT ON COLUMN campaign.filters.used_by IS 'other filters, and activities of drafts';
COMMENT ON COLUMN campaign.filters.owner IS 'role that saved it';
COMMENT ON COLUMN campaign.link.name IS 'unique among its owner''s links from the source';
COMMENT ON COLUMN campaign.link.source IS 'name of the dimension it leads from';
COMMENT ON COLUMN campaign.link.target IS 'name of the dimension it leads to';
COMMENT ON COLUMN campaign.link.alias IS 'what the row it leads to is called in the condition';
COMMENT ON COLUMN campaign.link.condition IS 'SQL expression over both rows';
COMMENT ON COLUMN campaign.link.cardinality IS 'one, zero or one, or many: how many rows a row leads to';
COMMENT ON COLUMN campaign.link.search_path IS 'under which its condition is read';
COMMENT ON COLUMN campaign.links.source IS 'name of the dimension it leads from';
COMMENT ON COLUMN campaign.links.name IS 'by which paths name it';
COMMENT ON COLUMN campaign.links.target IS 'name of the dimension it leads to; NULL: a table that is none';
COMMENT ON COLUMN campaign.links.relation IS 'the table it leads to, with its schema';
COMMENT ON COLUMN campaign.links.cardinality IS 'one, zero or one, or many: how many rows a row leads to';
COMMENT ON COLUMN campaign.links.condition IS 'SQL expression over both rows';
COMMENT ON COLUMN campaign.links.declared IS 'declared with campaign_link(); else a foreign key gives it';
COMMENT ON COLUMN campaign.links.owner IS 'role whose dimension it leads from';
COMMENT ON COLUMN campaign.sent_or_tested.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.sent_or_tested.run_id IS 'number of the run';
COMMENT ON COLUMN campaign.sent_or_tested.activity IS 'name of the channel activity';
COMMENT ON COLUMN campaign.sent_or_tested.dimension IS 'dimension of the targeted row';
COMMENT ON COLUMN campaign.sent_or_tested.message_id IS 'number of the message';
COMMENT ON COLUMN campaign.sent_or_tested.recipient IS 'key of the targeted row';
COMMENT ON COLUMN campaign.sent_or_tested.person IS 'key of the person behind it, or the recipient';
COMMENT ON COLUMN campaign.sent_or_tested.sent_at IS 'when its sender said so';
COMMENT ON COLUMN campaign.sent_or_tested.events IS 'what became of it, each event once';
COMMENT ON COLUMN campaign.sent_or_tested.links IS 'links in it that were clicked, each once';
COMMENT ON COLUMN campaign.sent_or_tested.test IS 'true: a test counts it as sent';
