# If this fails, there is a moment in which an error, the end of a process or a
# crash leaves a run or a message half done.
#
# Every fault point in the sources is reached with every action: those on the
# way of a run while it runs, the others by the call that they belong to.  A
# point for which there is no scenario below fails the test.
use strict;
use warnings FATAL => 'all';

use CampaignServer qw(plant_fault fault_fired);
use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $claim = q(SELECT count(*) FROM campaign_claim('email', 10000, '1 hour'));

# Where the fault strikes: in a worker while a run goes on, in the executor of
# a run that was stopped, or in the session that makes this call.
my %scenario = (
	scheduler_connect => \&fault_in_worker,
	scheduler_turn => \&fault_in_worker,
	executor_connect => \&fault_in_worker,
	run_begun => \&fault_in_worker,
	task_prepared => \&fault_in_worker,
	task_executed => \&fault_in_worker,
	task_recorded => \&fault_in_worker,
	task_committed => \&fault_in_worker,
	population_create => \&fault_in_worker,
	population_drop => \&fault_in_worker,
	enqueue_chunk => \&fault_in_worker,
	enqueue_plan => \&fault_in_worker,
	enqueue_close => \&fault_in_worker,
	child_started => \&fault_in_child,
	parent_woken => \&fault_in_child,
	restart => \&fault_in_restart,
	run_halted => \&fault_in_stop,
	publish => \&fault_in_publish,
	hand_over => \&fault_in_control,
	claim_lease => \&fault_in_claim,
	claim => \&fault_in_claim,
	acknowledge => \&fault_in_acknowledge,
	feedback => \&fault_in_feedback,
	judge => \&fault_in_judgement,
);

# A scheduler that leaves at once is started for every run.
my $node = start_node('faults', qq(
campaign.scheduler_idle = 0
max_prepared_transactions = 2
));
make_people($node, 3000);
make_campaign($node, 'c', filter => 'score < 95 AND pg_sleep(0) IS NOT NULL', wait => '1 millisecond');

# ---------------------------------- tools ---------------------------------

# The names in the sources.
sub fault_points
{
	my %points;

	foreach my $file (glob 'src/*/*.c')
	{
		$points{$_} = 1 foreach slurp_file($file) =~ /\bCAMPAIGN_FAULT\("(\w+)"\)/g;
	}
	return sort keys %points;
}

# Waits for the server after something in it was killed.
sub wait_for_server
{
	$node->poll_query_until('postgres', 'SELECT true') or die 'no server';
}

# The state of the run as soon as it is one of these.
sub wait_for_state
{
	my ($run, $states) = @_;

	$node->poll_query_until('postgres', "SELECT state ~ '^($states)\$' FROM campaign.run WHERE run_id = $run")
	  or return 'neither';
	return $node->safe_psql('postgres', "SELECT state FROM campaign.run WHERE run_id = $run");
}

# The state of the run in the end; an error is a reason to try again once.
sub wait_for_end
{
	my ($run) = @_;
	my $state = wait_for_state($run, 'succeeded|failed');

	return $state if $state ne 'failed';
	as_owner($node, "SELECT campaign_retry($run)");
	return wait_for_state($run, 'succeeded|failed') . ' after retry';
}

# Sends all that waits, so that the next scenario has messages of its own only.
sub drain
{
	my $leases = as_owner($node, "SELECT DISTINCT lease FROM campaign_claim('email', 10000)");

	as_owner($node, "SELECT campaign_ack('$_')") foreach split /\n/, $leases;
}

# Makes a call fail at the point.
sub strike
{
	my ($point, $action, $call) = @_;

	plant_fault($node, $point, $action);
	my ($status) = try_as_owner($node, $call);
	wait_for_server();
	isnt($status, 0, "$point, $action: the call fails");
	ok(fault_fired($node, $point), "$point, $action: the point was reached");
}

# Starts a run; a crash may take the session along before it has its answer.
sub start_run
{
	my ($campaign) = @_;
	my ($status, $run) = try_as_owner($node, "SELECT campaign_start('$campaign')");

	return $run if $status == 0 && $run =~ /^\d+$/;
	wait_for_server();
	return $node->safe_psql('postgres', "SELECT max(run_id) FROM campaign.run JOIN campaign.campaign USING (campaign_id) WHERE name = '$campaign'");
}

# -------------------------------- scenarios -------------------------------

sub fault_in_worker
{
	my ($point, $action) = @_;

	# None is there that has passed the point already.
	$node->poll_query_until('postgres', q(
SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'campaign scheduler'));
	plant_fault($node, $point, $action);
	my $run = start_run('c');
	my $end = wait_for_end($run);

	like($end, $action eq 'error' ? qr/^succeeded/ : qr/^succeeded$/, "$point, $action: the run succeeds");
	ok(fault_fired($node, $point), "$point, $action: the point was reached");
	drain();
}

# A run that runs another one: there is one of it, and its end is noticed.
sub fault_in_child
{
	my ($point, $action) = @_;

	plant_fault($node, $point, $action);
	my $run = start_run('outer');

	like(wait_for_end($run), qr/^succeeded/, "$point, $action: the run succeeds");
	is($node->safe_psql('postgres', "SELECT count(*), min(state), bool_and(attached) FROM campaign.run WHERE parent_run = $run"),
		'1|succeeded|t', "$point, $action: it has run the other one once");
	ok(fault_fired($node, $point), "$point, $action: the point was reached");
}

# A run that has ended is executed again: all of it, or nothing.
sub fault_in_restart
{
	my ($point, $action) = @_;
	my $run = start_run('outer');

	is(wait_for_state($run, 'succeeded|failed'), 'succeeded', "$point, $action: a run succeeds");
	strike($point, $action, "SELECT campaign_restart($run, 'people')");
	is($node->safe_psql('postgres', "SELECT state FROM campaign.run WHERE run_id = $run"), 'succeeded', "$point, $action: nothing has changed");
	is(as_owner($node, "SELECT campaign_restart($run, 'people')"), 'running', "$point, $action: the next attempt restarts it");
	is(wait_for_state($run, 'succeeded|failed'), 'succeeded', "$point, $action: it succeeds again");
	is($node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE attached) FROM campaign.run WHERE parent_run = $run"),
		'2|1', "$point, $action: it has run the other one again");
}

# A run is stopped while its audience is computed.
sub fault_in_stop
{
	my ($point, $action) = @_;
	my $run;

	plant_fault($node, $point, $action);
	$node->safe_psql('postgres', q(BEGIN; SELECT pg_advisory_xact_lock(1); PREPARE TRANSACTION 'gate'));
	$run = as_owner($node, "SELECT campaign_start('held')");
	$node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM campaign.executors() WHERE run_id = $run AND activity = 'people')");
	# Once it has committed the executor may take the server down, and with it
	# this session before it has its answer.
	try_as_owner($node, "SELECT campaign_stop($run)");
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM campaign.executors() WHERE run_id = $run");
	wait_for_server();
	$node->safe_psql('postgres', q(COMMIT PREPARED 'gate'));
	is(wait_for_state($run, 'stopped'), 'stopped', "$point, $action: the run is stopped");
	ok($node->poll_query_until('postgres', "SELECT bool_and(state = 'cancelled') FROM campaign.task WHERE run_id = $run"),
		"$point, $action: what was at work is cancelled");
	ok(fault_fired($node, $point), "$point, $action: the point was reached");
}

sub fault_in_publish
{
	my ($point, $action) = @_;
	my $versions = 'SELECT count(*), max(number) FROM campaign.version';
	my $before = $node->safe_psql('postgres', $versions);

	strike($point, $action, q(SELECT campaign_publish('c')));
	is($node->safe_psql('postgres', $versions), $before, "$point, $action: nothing was published");
	isnt(as_owner($node, q(SELECT campaign_publish('c'))), '', "$point, $action: the next attempt succeeds");
}

# A start, a pause, a resumption and a stop.
sub fault_in_control
{
	my ($point, $action) = @_;

	strike($point, $action, q(SELECT campaign_start('slow')));
	my $run = as_owner($node, q(SELECT campaign_start('slow')));
	is(wait_for_state($run, 'waiting'), 'waiting', "$point, $action: the next attempt to start succeeds");
	foreach my $step ([ 'pause', 'paused' ], [ 'resume', 'waiting' ], [ 'stop', 'stopped' ])
	{
		my ($verb, $state) = @$step;

		strike($point, $action, "SELECT campaign_$verb($run)");
		is(as_owner($node, "SELECT campaign_$verb($run)"), $state, "$point, $action: the next attempt to $verb succeeds");
	}
}

# A run with messages that wait.
sub fresh_messages
{
	my $run = as_owner($node, q(SELECT campaign_start('c')));

	is(wait_for_state($run, 'succeeded|failed'), 'succeeded', 'a run succeeds');
	return $node->safe_psql('postgres', "SELECT count(*) FROM campaign.message WHERE run_id = $run");
}

sub fault_in_claim
{
	my ($point, $action) = @_;
	my $waiting = fresh_messages();

	strike($point, $action, $claim);
	is(as_owner($node, $claim), $waiting, "$point, $action: the next claim gets all messages");
}

sub fault_in_acknowledge
{
	my ($point, $action) = @_;
	my $waiting = fresh_messages();
	my ($lease) = split /\n/, as_owner($node, q(SELECT lease FROM campaign_claim('email', 10000)));

	strike($point, $action, "SELECT campaign_ack('$lease')");
	is(as_owner($node, "SELECT result, sent FROM campaign_ack('$lease')"),
		"settled|$waiting", "$point, $action: the next acknowledgement settles all");
}

sub fault_in_feedback
{
	my ($point, $action) = @_;
	fresh_messages();
	my ($message, $lease) = split /\|/, (split /\n/, as_owner($node, q(SELECT message_id, lease FROM campaign_claim('email', 10000))))[0];

	as_owner($node, "SELECT campaign_ack('$lease')");
	strike($point, $action, "SELECT campaign_feedback($message, 'opened')");
	is(as_owner($node, "SELECT recorded FROM campaign_feedback($message, 'opened')"), '1', "$point, $action: the event is recorded by the next call");
}

# Messages that are to be sent a moment later: nobody gets one who has taken his
# consent back meanwhile, and everybody else gets his.
sub fault_in_judgement
{
	my ($point, $action) = @_;

	plant_fault($node, $point, $action);
	my $run = as_owner($node, q(BEGIN; UPDATE customers SET opt_in = true; SELECT campaign_start('later'); COMMIT));
	is(wait_for_state($run, 'succeeded|failed'), 'succeeded', "$point, $action: the run succeeds");
	as_owner($node, 'UPDATE customers SET opt_in = id % 2 = 0');
	# Their time comes now.
	$node->safe_psql('postgres', qq(
UPDATE campaign.chunk SET send_at = now() WHERE delivery_id = (SELECT delivery_id FROM campaign.delivery WHERE run_id = $run);
UPDATE campaign.task SET follow_at = now() WHERE run_id = $run AND follow_at IS NOT NULL));
	as_owner($node, "SELECT campaign_pause($run), campaign_resume($run)");
	ok($node->poll_query_until('postgres', qq(
SELECT count(*) = 0 FROM campaign.chunk c JOIN campaign.delivery d USING (delivery_id)
WHERE d.run_id = $run AND NOT c.settled AND c.due_at = 'infinity')), "$point, $action: all are judged");
	ok(fault_fired($node, $point), "$point, $action: the point was reached");
	is(as_owner($node, "SELECT count(*) FILTER (WHERE (recipient::int % 2 = 1) = (status = 'withdrawn')) = count(*), count(*) FILTER (WHERE status = 'pending') > 0 FROM campaign.message WHERE run_id = $run"),
		't|t', "$point, $action: who has no consent gets no message, all others do");
	drain();
}

# ----------------------------------- test ---------------------------------

as_owner($node, q(
CREATE FUNCTION gate() RETURNS boolean LANGUAGE sql AS 'SELECT pg_advisory_xact_lock_shared(1) IS NOT NULL';
));
make_campaign($node, 'held', filter => 'gate()');
make_campaign($node, 'slow', filter => 'score < 0', wait => '1 day');
as_owner($node, q(
SELECT campaign_create('inner', dimension => 'customers');
SELECT campaign_add_audience('inner', 'people');
SELECT campaign_publish('inner');
SELECT campaign_create('outer', dimension => 'customers');
SELECT campaign_add_audience('outer', 'people', filter => 'id < 10');
SELECT campaign_add_sub_campaign('outer', 'inner', starts => 'inner', after => 'people');
SELECT campaign_add_audience('outer', 'behind', after => 'inner');
SELECT campaign_publish('outer');
SELECT campaign_create('later', dimension => 'customers');
SELECT campaign_add_audience('later', 'people', filter => 'id <= 100');
SELECT campaign_add_email('later', 'mail', after => 'people', subject => 'x', body => 'x',
	options => '{"send_at": "clock_timestamp() + ''1 day''"}');
SELECT campaign_publish('later');
));

foreach my $point (fault_points())
{
	ok($scenario{$point}, "there is a scenario for fault point $point");
	next unless $scenario{$point};
	$scenario{$point}->($point, $_) foreach ('error', 'fatal', 'kill');
}
verify_clean($node, 'campaign_verify finds nothing');
is($node->safe_psql('postgres', q(
SELECT count(*) FROM pg_class
WHERE relnamespace = 'campaign_data'::regnamespace AND relkind = 'r' AND NOT relispartition)),
	'0', 'no population is left over');
sound_log($node, 'no PANIC and no internal error in the log');

$node->stop;
done_testing();
