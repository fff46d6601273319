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
