# If this fails, a database of an earlier version is not what a new one is after
# ALTER EXTENSION UPDATE, or what was in flight there is lost or sent twice.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = '0.9';
my ($new) = slurp_file('campaign.control') =~ /^default_version = '(.*)'/m;
my $node = start_node('updated');
$node->safe_psql('postgres', 'CREATE ROLE upgrade_owner LOGIN');

sub as_user
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, $sql, extra_params => [ '-U', 'upgrade_owner' ]);
}

sub snapshot
{
	my ($database) = @_;
	my $output = '';
	run_log([ 'psql', '-X', '-d', $node->connstr($database), '-v', 'ext=campaign', '-f', 'test/snapshot.sql' ], '>', \$output);
	return $output;
}

# Names the lines that differ, for a person to read.
sub differences
{
	my ($left, $right) = @_;
	my %left = map { $_ => 1 } split /\n/, $left;
	my %right = map { $_ => 1 } split /\n/, $right;
	return join "\n", (map { "- $_" } grep { !$right{$_} } sort keys %left),
		(map { "+ $_" } grep { !$left{$_} } sort keys %right);
}

# ------------------------- an updated database is a new one ----------------

$node->safe_psql('postgres', $_) for 'CREATE DATABASE updated', 'CREATE DATABASE fresh';
$node->safe_psql('updated', "CREATE EXTENSION campaign VERSION '$old'");
$node->safe_psql('fresh', 'CREATE EXTENSION campaign');
like(snapshot('updated'), qr/^extension\|\Q$old\E\|/, "objects of $old can be made");
$node->safe_psql('updated', 'ALTER EXTENSION campaign UPDATE');
my ($updated, $fresh) = (snapshot('updated'), snapshot('fresh'));
is(differences($updated, $fresh), '', 'an updated extension has the objects, comments and rights of a new one');
ok($updated eq $fresh, '... and the columns are in the same order');

# ------------------------------ rows in flight -----------------------------

$node->safe_psql('postgres', 'CREATE DATABASE shop TEMPLATE template0');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', $node->connstr('shop'),
		'-f', "test/upgrade/$old.sql" ], "a database of $old is restored");
# All that figures tell apart: repetitions, several minutes, kinds of bounces, links and none, values and none.
$node->safe_psql('shop', q(INSERT INTO campaign.event (message_id, delivery_id, event, at, event_key, detail)
	SELECT m.message_id, m.delivery_id, t.event, '2026-11-22 23:59:30+00'::timestamptz + (m.place * t.seconds) * interval '1 second',
		gen_random_uuid(), t.detail
	FROM (SELECT d.message_id, d.delivery_id, row_number() OVER (ORDER BY d.message_id) AS place
		FROM campaign.dispatch d JOIN expected e USING (message_id) WHERE e.status = 'sent') m
	JOIN (VALUES (1, 'delivered', 1, NULL::jsonb), (1, 'opened', 7, NULL), (2, 'opened', -30, NULL), (3, 'opened', 100, '{"agent": "x"}'),
		(2, 'clicked', 9, '{"link": "https://a.example/?p=1"}'), (2, 'clicked', 11, '{"link": "https://a.example/?p=1"}'),
		(4, 'clicked', 13, '{"link": ""}'), (3, 'clicked', 15, NULL), (3, 'clicked', 200, '{"other": 1}'),
		(5, 'bounced', 3, '{"type": "soft"}'), (5, 'bounced', 90, '{"type": "hard"}'), (5, 'bounced', 40, NULL), (2, 'bounced', 5, '{"type": "soft"}'),
		(3, 'converted', 60, '{"value": 12.50}'), (3, 'converted', 61, '{"value": -0.5}'), (4, 'converted', 62, NULL),
		(7, 'complained', 1, NULL), (6, 'unsubscribed', 1, NULL)) AS t (every, event, seconds, detail) ON m.place % t.every = 0));
my ($status, undef, $errors) = $node->psql('shop', q(SELECT campaign_start('finished')),
	extra_params => [ '-U', 'upgrade_owner', '-v', 'VERBOSITY=verbose' ]);
like($errors, qr/ERROR:  55000: extension "campaign" is of version \Q$old\E in this database, but the library of version \Q$new\E is loaded/,
	'before the update a function says what is the matter');
like($errors, qr/ALTER EXTENSION campaign UPDATE/, '... and what to do');
my $offset = -s $node->logfile;
$node->restart;
$node->wait_for_log(qr/campaigns wait because the extension's objects are of another version/, $offset);
pass('so does the scheduler, in the log');
$node->poll_query_until('postgres', q(SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'campaign scheduler')));
pass('... and leaves');

$node->safe_psql('shop', 'ALTER EXTENSION campaign UPDATE');
is($node->safe_psql('shop', 'SELECT campaign_adopt()'), '2', 'as after every restore, runs wait for campaign_adopt()');
is(as_user('shop', q(SELECT count(*) FILTER (WHERE replace(m.status, 'leased', 'pending') IS DISTINCT FROM replace(e.status, 'leased', 'pending')), count(*)
	FROM expected e FULL JOIN campaign.message m USING (run_id, activity, message_id, recipient))),
	'0|39', 'every message is what it was, whether its lease has expired meanwhile or not');
is(as_user('shop', q(SELECT count(*) FROM campaign.schedules)), '1', 'the schedule is there');
my ($told, $wrong) = split /\|/, $node->safe_psql('shop', q(WITH said AS (
		SELECT e.delivery_id, e.message_id, e.event, e.at, e.detail, date_trunc('minute', e.at) AS minute, c.edition,
			row_number() OVER (PARTITION BY e.message_id, e.event ORDER BY e.at) AS number,
			row_number() OVER (PARTITION BY e.message_id, e.event, e.detail ->> 'link' ORDER BY e.at) AS of_link
		FROM campaign.event e JOIN campaign.chunk c ON c.delivery_id = e.delivery_id AND e.message_id BETWEEN c.first_id AND c.last_id
			AND get_byte(c.results, (e.message_id - c.first_id)::int4) <> ascii('r')
	), hard AS (
		SELECT delivery_id, message_id, edition, min(minute) AS minute FROM said
		WHERE event = 'bounced' AND coalesce(detail ->> 'type', 'hard') = 'hard' GROUP BY 1, 2, 3
	), rows AS (
		SELECT delivery_id, 'minute' AS grain, event, minute, edition::int4, NULL AS name, CASE WHEN number = 1 THEN 1 ELSE 0 END AS messages, 1 AS events,
			CASE WHEN event = 'converted' THEN (detail ->> 'value')::numeric END AS value, at AS first_at, at AS last_at FROM said
		UNION ALL SELECT delivery_id, 'minute', 'hard_bounced', minute, edition, NULL, 1, 0, NULL, NULL, NULL FROM hard
		UNION ALL SELECT delivery_id, 'link', event, NULL, 0, detail ->> 'link', CASE WHEN of_link = 1 THEN 1 ELSE 0 END, 1, NULL, at, at
			FROM said WHERE event = 'clicked'
	), counted AS (
		SELECT delivery_id, grain, event, minute, edition, name, sum(messages) AS messages, sum(events) AS events, sum(value) AS value,
			min(first_at) AS first_at, max(last_at) AS last_at FROM rows GROUP BY 1, 2, 3, 4, 5, 6
	), kept AS (
		SELECT delivery_id, grain, event, minute, edition::int4, name, messages::numeric, events::numeric, value, first_at, last_at FROM campaign.figure
	)
	SELECT (SELECT count(*) FROM kept), count(*) FROM ((TABLE kept EXCEPT ALL TABLE counted) UNION ALL (TABLE counted EXCEPT ALL TABLE kept)) w));
cmp_ok($told, '>', 20, 'reports have figures of what was recorded before');
is($wrong, 0, '... which are those that its events say');
my ($waiting) = as_user('shop', q(SELECT max(run_id) FROM campaign.run_progress));
is(as_user('shop', "SELECT campaign_wait($waiting)"), 'waiting', 'a run goes on waiting for its answer');
as_user('shop', q(SELECT campaign_decide(approval_id, 'yes') FROM campaign.approvals));
is(as_user('shop', "SELECT campaign_wait($waiting)"), 'succeeded', '... and goes on when it comes');
is(as_user('shop', "SELECT state, targeted, targeted - excluded - queued FROM campaign.report JOIN campaign.run_progress USING (run_id, activity) WHERE run_id = $waiting AND activity = 'mail_a'"),
	'succeeded|' . as_user('shop', "SELECT rows FROM campaign.flow_counts WHERE run_id = $waiting AND target = 'mail_a'") . '|0',
	'... to its last message');
is(as_user('shop', q(SELECT count(*) FROM campaign_claim('email', 1000) c JOIN expected e USING (message_id) WHERE e.status = 'sent')),
	'0', 'nobody gets again what was sent before');
is(as_user('shop', q(SELECT string_agg(v.code, ',') FROM generate_series(1, 2) r, campaign_verify(r) v)), '',
	'campaign_verify finds nothing');
is(as_user('shop', q(SELECT campaign_publish('waiting'))), '2', 'a draft of before is published');
my $run = as_user('shop', q(SELECT campaign_start('finished')));
is(as_user('shop', "SELECT campaign_wait($run)"), 'succeeded', 'a campaign of before is started again');
sound_log($node);
done_testing();
