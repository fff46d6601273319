# If this fails, a pause or a stop does not act while an activity is at work, or
# leaves something behind, or changes the result.
#
# Each kind of activity is held in the middle of its work, by a function that
# ends when it is cancelled and by one that does not.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $grace = 0.5;
my $node = start_node('stop', qq(
max_prepared_transactions = 2
campaign.pause_grace = '500ms'
campaign.enable_fusion = off
));

make_people($node, 500);
as_owner($node, q(
CREATE FUNCTION polite() RETURNS boolean LANGUAGE sql
AS 'SELECT pg_advisory_xact_lock_shared(1) IS NOT NULL';
CREATE FUNCTION stubborn() RETURNS boolean LANGUAGE plpgsql AS '
BEGIN
	LOOP
		BEGIN
			PERFORM pg_advisory_xact_lock_shared(1);
			RETURN true;
		EXCEPTION WHEN query_canceled THEN NULL;
		END;
	END LOOP;
END'));

# audience, split, mail and a wait, one of which calls the function.
sub make_held
{
	my ($name, $where, $function) = @_;
	my %call = map { $_ => $_ eq $where ? "$function()" : 'true' } qw(people ab mail);

	as_owner($node, qq(
SELECT campaign_create('$name', dimension => 'customers');
SELECT campaign_add_audience('$name', 'people', filter => 'score < 50 AND $call{people}');
SELECT campaign_add_split('$name', 'ab', after => 'people', outcomes => '[{"name": "a", "filter": "score < 25 AND $call{ab}"}, {"name": "b"}]');
SELECT campaign_add_email('$name', 'mail', after => 'ab.a', subject => 'Hello', body => '{{ CASE WHEN $call{mail} THEN name END }}');
SELECT campaign_add_wait('$name', 'pause', after => 'mail', duration => '1 millisecond');
SELECT campaign_add_end('$name', 'done', after => 'pause');
SELECT campaign_publish('$name');
));
}

# What came of a run, told in such a way that two runs can be compared.
sub result_of
{
	my ($run) = @_;

	return $node->safe_psql('postgres', qq(
SELECT 'flow', source, outcome, rows::text FROM campaign.flow WHERE run_id = $run
UNION ALL
SELECT 'task', activity, state, rows_in::text FROM campaign.task WHERE run_id = $run
UNION ALL
SELECT 'message', recipient, address, status FROM campaign.message WHERE run_id = $run
UNION ALL
SELECT 'excluded', recipient, reason, NULL FROM campaign.excluded WHERE run_id = $run
ORDER BY 1, 2, 3, 4));
}

# True once there are no populations any more.
sub nothing_left
{
	return $node->poll_query_until('postgres', q(
SELECT count(*) = 0 FROM pg_class
WHERE relnamespace = 'campaign_data'::regnamespace AND relkind = 'r' AND NOT relispartition));
}

# A run of it that is held at the activity.
sub start_held
{
	my ($name, $where) = @_;

	$node->safe_psql('postgres', q(BEGIN; SELECT pg_advisory_xact_lock(1); PREPARE TRANSACTION 'gate'));
	my $run = as_owner($node, "SELECT campaign_start('$name')");
	$node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM campaign.executors() WHERE run_id = $run AND activity = '$where')")
	  or die "no executor is at $where";
	return $run;
}

# Seconds until no executor is at the run any more.
sub time_to_leave
{
	my ($run) = @_;
	my $began = time();

	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM campaign.executors() WHERE run_id = $run");
	return time() - $began;
}

sub open_gate
{
	$node->safe_psql('postgres', q(COMMIT PREPARED 'gate'));
}

make_held('plain', '', '');
my $plain = as_owner($node, q(SELECT campaign_start('plain')));
is(finish($node, $plain), 'succeeded', 'a run that nobody stops succeeds');
my $expected = result_of($plain);

foreach my $function ('polite', 'stubborn')
{
	foreach my $where ('people', 'ab', 'mail')
	{
		my $name = "$function at $where";
		make_held($name, $where, $function);

		my $run = start_held($name, $where);
		is(as_owner($node, "SELECT campaign_pause($run)"), 'paused', "$name: paused");
		cmp_ok(time_to_leave($run), '<', 5 + $grace, "$name: the pause acts in time");
		is($node->safe_psql('postgres', "SELECT state FROM campaign.task WHERE run_id = $run AND activity = '$where'"),
			'ready', "$name: what was at work begins again");
		is($node->safe_psql('postgres', "SELECT count(*) FROM campaign.message WHERE run_id = $run"),
			'0', "$name: nothing of it was written");
		open_gate();
		is(as_owner($node, "SELECT campaign_resume($run)"), 'running', "$name: resumed");
		is(finish($node, $run), 'succeeded', "$name: succeeds after that");
		is(result_of($run), $expected, "$name: with the same result");

		$run = start_held($name, $where);
		is(as_owner($node, "SELECT campaign_stop($run)"), 'stopped', "$name: stopped");
		cmp_ok(time_to_leave($run), '<', 5 + $grace, "$name: the stop acts in time");
		open_gate();
		ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM campaign.task WHERE run_id = $run AND state NOT IN ('succeeded', 'cancelled')"),
			"$name: what was left is cancelled");
		ok(nothing_left(), "$name: nothing is left in campaign_data");
	}
}

# -------------------------------- a timer ---------------------------------

make_campaign($node, 'timer', wait => '1 day');
my $run = as_owner($node, q(SELECT campaign_start('timer')));
is(as_owner($node, "SELECT campaign_wait($run)"), 'waiting', 'a run waits for a timer');
is(as_owner($node, "SELECT campaign_pause($run)"), 'paused', '... is paused');
$node->safe_psql('postgres', "UPDATE campaign.task SET due_at = clock_timestamp() WHERE run_id = $run AND state = 'waiting'");
my $other = as_owner($node, q(SELECT campaign_start('plain')));
is(finish($node, $other), 'succeeded', '... while others go on');
is($node->safe_psql('postgres', "SELECT state FROM campaign.run WHERE run_id = $run"), 'paused', '... and stays so when the timer is due');
as_owner($node, "SELECT campaign_resume($run)");
is(finish($node, $run), 'succeeded', '... and goes on when resumed');
$run = as_owner($node, q(SELECT campaign_start('timer')));
is(as_owner($node, "SELECT campaign_wait($run)"), 'waiting', 'another one waits');
is(as_owner($node, "SELECT campaign_stop($run)"), 'stopped', '... is stopped');
ok(nothing_left(), '... and leaves nothing in campaign_data');
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');

$node->stop;
done_testing();
