# If this fails, there is a moment in which an error, the end of a process or a
# crash leaves a run or a message half done.
#
# Every fault point in the sources is reached with every action: those on the
# way of a run while it runs, the others by the call that they belong to.  A
# point for which there is no scenario below fails the test.
#
# One point is behind every write to the catalog.  Each write of each call is met
# with an error; of a run's writes, which are many, a few with every action:
# FAULT_WRITES says how many, FAULT_SEED repeats the choice, FAULT_POINTS names
# the points to try instead of all.
use strict;
use warnings FATAL => 'all';

use CampaignServer qw(plant_fault fault_fired);
use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root;
my $seed = $ENV{FAULT_SEED} || (time() ^ $$) % 1_000_000;
my $writes = $ENV{FAULT_WRITES} || 3;
my $test = "SELECT campaign_test('tested') AS run \\gset\nSELECT campaign_wait(:run)";
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
	fusion_executed => \&fault_in_fusion,
	fusion_recorded => \&fault_in_fusion,
	task_committed => \&fault_in_worker,
	population_create => \&fault_in_worker,
	population_drop => \&fault_in_worker,
	enqueue_chunk => \&fault_in_fusion,
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
	catalog_write => \&fault_in_write,
	load_file => \&fault_in_file,
	file_written => \&fault_in_file,
	file_named => \&fault_in_file,
	memory_add => \&fault_in_file,
	test_replaced => \&fault_in_test,
	history_erase => \&fault_in_clean_up,
);

diag("FAULT_SEED=$seed");
srand($seed);

# Processes that leave at once are started for every run.
my $node = start_node('faults', qq(
campaign.scheduler_idle = 0
campaign.executor_idle = 0
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

# What the catalog says, in a few letters.
sub catalog
{
	my $sql = join ' UNION ALL ', map { "SELECT '$_', md5(string_agg(t::text, '' ORDER BY t::text)) FROM campaign.$_ t" }
	  qw(campaign version activity transition privilege schedule run task flow log delivery chunk outcome signal memory memory_batch memory_row);

	return $node->safe_psql('postgres', $sql);
}

# Waits until no worker is there that could write.
sub wait_for_quiet
{
	$node->poll_query_until('postgres', q(
SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type IN ('campaign scheduler', 'campaign executor'))) or die 'workers stay';
}

# Waits for the server after something in it was killed.
sub wait_for_server
{
	server_is_back($node) or die 'no server';
}

# The state of the run as soon as it is one of these.
sub wait_for_state
{
	my ($run, $states) = @_;

	$node->poll_query_until('postgres', "SELECT state ~ '^($states)\$' FROM campaign.run WHERE run_id = $run")
	  or return 'neither';
	# The server may just be going down.
	while (1)
	{
		my ($status, $state) = $node->psql('postgres', "SELECT state FROM campaign.run WHERE run_id = $run");

		return $state if $status == 0;
		wait_for_server();
	}
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

# Makes a call that a fault may strike; its status and errors, once the server is back.
sub try_call
{
	my ($action, $call) = @_;
	my $offset = -s $node->logfile;
	my ($status, undef, $errors) = try_as_owner($node, $call);

	# Until the server knows of a killed session it lets others in that are to go.
	$node->wait_for_log(qr/all server processes terminated/, $offset) if $action eq 'kill' && $status != 0;
	wait_for_server();
	return ($status, $errors);
}

# Makes a call fail at the point.
sub strike
{
	my ($point, $action, $call) = @_;

	# What executors have committed is not on disk yet; a crash would take that back, too.
	$node->safe_psql('postgres', 'CHECKPOINT');
	plant_fault($node, $point, $action);
	my ($status) = try_call($action, $call);
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

# The same where activities are one statement, and where audiences beside each
# other are in it: all of it is executed again, and nothing twice.
sub fault_in_fusion
{
	my ($point, $action) = @_;

	fault_in_worker($point, $action);
	plant_fault($node, $point, $action);
	my $run = start_run('woven');

	like(wait_for_end($run), qr/^succeeded/, "$point, $action: the run of audiences in one pass succeeds");
	ok(fault_fired($node, $point), "$point, $action: it has reached the point");
	is($node->safe_psql('postgres', "SELECT string_agg(concat_ws(' ', source, rows), ', ' ORDER BY source) FROM campaign.flow WHERE run_id = $run AND outcome = 'result' AND source <> 'mail'"),
		'high 1200, low 1200, some 2400', "$point, $action: its counts are right");
	is($node->safe_psql('postgres', "SELECT count(*) > 0, count(*) = count(DISTINCT recipient) FROM campaign.message WHERE run_id = $run"),
		't|t', "$point, $action: nobody gets two messages");
	is($node->safe_psql('postgres', "SELECT count(DISTINCT started_at) FROM campaign.task WHERE run_id = $run"), '1', "$point, $action: it was one statement")
	  if $action ne 'error';
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

# Every write of a call fails, and none of the others stays.  Then writes of a
# run: it succeeds whatever happened.
sub fault_in_write
{
	my ($point, $action) = @_;
	my $file = $node->data_dir . "/campaign_faults/$point";

	fault_in_call($point, $action, $_) foreach (
		q(SELECT campaign_grant('c', 'ben', 'view')),
		q(SELECT campaign_revoke('c', 'ben', 'view')),
		q(SELECT campaign_schedule('c', '{"frequency": "once", "at": "2100-01-01 10:00", "time_zone": "UTC"}')),
		q(SELECT campaign_unschedule('c')),
		q(SELECT campaign_duplicate('c', 'd')),
		q(SELECT campaign_alter('d', 'people', '{"filter": "score < 1"}')),
		q(SELECT campaign_publish('d')),
		q(BEGIN; SELECT campaign_test('tested'); ROLLBACK),
		q(SELECT campaign_drop('d')));
	my $all = writes_of_a_run($point, $action);
	foreach (1 .. $writes)
	{
		my $number = 1 + int(rand($all));

		wait_for_quiet();
		plant_fault($node, $point, "$action $number");
		my $run = start_run('c');
		# The start itself may have failed.
		$run = start_run('c') if wait_for_state($run, '\\w+') eq 'succeeded';
		like(wait_for_end($run), qr/^succeeded/, "$point, $action at write $number: the run succeeds");
		wait_for_quiet();
		ok(fault_fired($node, $point), "$point, $action at write $number: the point was reached") or unlink $file;
		drain();
	}
}

# How often a run passes the point, by a fault that is too far away to strike.
# Two processes that pass it at once may count as one, so a few are left off.
sub writes_of_a_run
{
	my ($point, $action) = @_;
	my $file = $node->data_dir . "/campaign_faults/$point";

	wait_for_quiet();
	plant_fault($node, $point, "$action 1000");
	my $run = start_run('c');
	is(wait_for_end($run), 'succeeded', "$point, $action: a run that is not struck succeeds");
	wait_for_quiet();
	my ($left) = slurp_file($file) =~ / (\d+)/;
	unlink $file or die "cannot remove $file";
	drain();
	my $count = 1000 - $left;
	cmp_ok($count, '>', 10, "$point, $action: a run passes the point $count times");
	return $count - 3;
}

# A call that fails at each of its writes in turn and then succeeds.
sub fault_in_call
{
	my ($point, $action, $call) = @_;
	my ($verb) = $call =~ /campaign_(\w+)/;
	my $file = $node->data_dir . "/campaign_faults/$point";
	my $number = 0;
	my $changed = 0;

	wait_for_quiet();
	my $before = catalog();
	while (1)
	{
		$number++;
		plant_fault($node, $point, "$action $number");
		my ($status, $stderr) = try_call($action, $call);
		# Reached by nobody: there are no more writes.
		if (-e $file)
		{
			unlink $file or die "cannot remove $file";
			is($status, 0, "$point, $action: $verb succeeds in the end") or diag($stderr);
			last;
		}
		# What it would have started may be at it.
		wait_for_quiet();
		$changed++ if catalog() ne $before;
		# A crash takes long: the first and the last would tell.
		$number += 1 + int(rand(6)) if $action eq 'kill';
	}
	is($changed, 0, "$point, $action: $verb leaves nothing at any of its writes");
	wait_for_quiet();
}

# Rows of a file, those that are new, and a file of these: each once.
sub fault_in_file
{
	my ($point, $action) = @_;

	as_owner($node, q(INSERT INTO customers SELECT max(id) + 1 FROM customers));
	plant_fault($node, $point, $action);
	my $run = start_run('files');
	like(wait_for_end($run), qr/^succeeded/, "$point, $action: the run succeeds");
	ok(fault_fired($node, $point), "$point, $action: the point was reached");
	is($node->safe_psql('postgres', "SELECT source, outcome, rows FROM campaign.flow WHERE run_id = $run AND (source, outcome) IN (('load', 'result'), ('fresh', 'result')) ORDER BY 1"),
		"fresh|1\nload|3" =~ s/\|/|result|/gr, "$point, $action: all lines, and what is new");
	is($node->safe_psql('postgres', q(SELECT count(*), count(DISTINCT key) = count(*) FROM campaign.memory_row)),
		$node->safe_psql('postgres', q(SELECT count(*) FROM customers WHERE id > 3000)) . '|t', "$point, $action: what is new is remembered once");
	is(slurp_file("$root/out.csv"), "id\n" . as_owner($node, 'SELECT max(id) FROM customers') . "\n", "$point, $action: the file is whole");
	is(join(' ', map { s/.*\///r } glob "$root/* $root/.??*"), 'in.csv out.csv', "$point, $action: there is no other")
	  if $action ne 'kill';
}

# A test takes the place of the one before, or that stays.
sub fault_in_test
{
	my ($point, $action) = @_;
	my $tests = q(SELECT run_id, state FROM campaign.run WHERE test);

	as_owner($node, $test);
	wait_for_quiet();
	my $before = $node->safe_psql('postgres', $tests);
	strike($point, $action, q(SELECT campaign_test('tested')));
	is($node->safe_psql('postgres', $tests), $before, "$point, $action: the test before is there");
	is(as_owner($node, $test), 'succeeded', "$point, $action: the next attempt succeeds");
	is($node->safe_psql('postgres', q(SELECT count(*) FROM campaign.run WHERE test)), 1, "$point, $action: there is one");
}

# What is old goes, with its figures kept once.
sub fault_in_clean_up
{
	my ($point, $action) = @_;
	my $run = start_run('old');

	is(wait_for_state($run, 'succeeded|failed'), 'succeeded', "$point, $action: a run succeeds");
	drain();
	wait_for_quiet();
	# It has ended long ago.
	$node->safe_psql('postgres', "UPDATE campaign.run SET ended_at = ended_at - interval '10 days' WHERE run_id = $run");
	my $before = catalog();
	my $report = as_owner($node, "SELECT * FROM campaign.report WHERE run_id = $run");
	strike($point, $action, 'SELECT campaign_clean_up()');
	# The scheduler of a server that was restarted cleans up by itself.
	is(catalog(), $before, "$point, $action: nothing is gone") if $action ne 'kill';
	as_owner($node, 'SELECT campaign_clean_up()');
	# Or the scheduler does, which is at them.
	ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM campaign.message WHERE run_id = $run"), "$point, $action: the next attempt deletes messages");
	is(as_owner($node, "SELECT * FROM campaign.report WHERE run_id = $run"), $report, "$point, $action: the report says what it said");
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
SELECT campaign_create('woven', dimension => 'customers');
SELECT campaign_add_audience('woven', 'high', filter => 'score >= 60');
SELECT campaign_add_audience('woven', 'low', filter => 'score < 40');
SELECT campaign_add_combine('woven', 'some', operation => 'union', after => 'high, low');
SELECT campaign_add_email('woven', 'mail', after => 'some', subject => 'x', body => 'x');
SELECT campaign_publish('woven');
SELECT campaign_create('later', dimension => 'customers');
SELECT campaign_add_audience('later', 'people', filter => 'id <= 100');
SELECT campaign_add_email('later', 'mail', after => 'people', subject => 'x', body => 'x',
	options => '{"send_at": "clock_timestamp() + ''1 day''"}');
SELECT campaign_publish('later');
));

$root = PostgreSQL::Test::Utils::tempdir . '/files';
mkdir $root;
append_to_file("$root/in.csv", "a\n1\n2\n3\n");
$node->safe_psql('postgres', qq(
CREATE ROLE ben;
ALTER ROLE ann SET campaign.file_root = '$root';
GRANT pg_read_server_files, pg_write_server_files TO ann));
as_owner($node, q(
SELECT campaign_create('tested', dimension => 'customers');
SELECT campaign_add_audience('tested', 'people', filter => 'id <= 20');
SELECT campaign_add_email('tested', 'mail', after => 'people', subject => 'x', body => 'x');
SELECT campaign_create('old', dimension => 'customers', settings => '{"history": {"messages": 1}}');
SELECT campaign_add_audience('old', 'people', filter => 'id <= 100');
SELECT campaign_add_email('old', 'mail', after => 'people', subject => 'x', body => 'x');
SELECT campaign_publish('old');
SELECT campaign_create('files', dimension => 'customers');
SELECT campaign_add_load_file('files', 'load', file => 'in.csv', columns => '[{"name": "a", "type": "int"}]');
SELECT campaign_add_incremental('files', 'fresh', filter => 'id > 3000');
SELECT campaign_add_extract_file('files', 'write', after => 'fresh', file => 'out.csv', columns => '[{"name": "id"}]');
SELECT campaign_publish('files');
));

as_owner($node, $test);
my @only = split / /, $ENV{FAULT_POINTS} // join ' ', fault_points();
foreach my $point (@only)
{
	ok($scenario{$point}, "there is a scenario for fault point $point");
	next unless $scenario{$point};
	$scenario{$point}->($point, $_) foreach ('error', 'fatal', 'kill');
}
verify_clean($node, 'campaign_verify finds nothing');
# A test keeps what it had, to be looked at.
as_owner($node, q(SELECT campaign_drop('tested')));
is($node->safe_psql('postgres', q(
SELECT count(*) FROM pg_class
WHERE relnamespace = 'campaign_data'::regnamespace AND relkind = 'r' AND NOT relispartition)),
	'0', 'no population is left over');
sound_log($node, 'no PANIC and no internal error in the log');

$node->stop;
done_testing();
