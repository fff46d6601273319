# If this failed, work would not go on by itself after a process died, or the
# workers would be in the way of whoever administers the server.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use Test::More;
use Time::HiRes qw(time);

my $node = start_server('scheduler', "restart_after_crash = on\ncampaign.executor_idle = 0\n");

sub sql { return $node->safe_psql($_[1] // 'shop', $_[0]) }

note 'the scheduler leaves when it has nothing to do, and comes back in time';
publish($node, 'simple', 'true');
wait_for($node, start_run($node, 'simple'), 'succeeded', 'a run');
wait_for_workers($node, 'scheduler', 0, 'the scheduler has left');
is(workers($node, 'launcher'), 1, 'the launcher has not');
sql(q{SET ROLE owner;
	SELECT campaign_create('timed', dimension => 'customers');
	SELECT campaign_add_audience('timed', 'all');
	SELECT campaign_add_wait('timed', 'rest', after => 'all', duration => '4 seconds');
	SELECT campaign_add_end('timed', 'end', after => 'rest');
	SELECT campaign_publish('timed')});
my $run = start_run($node, 'timed');
wait_for($node, $run, 'waiting', 'a run waits');
wait_for_workers($node, 'scheduler', 0, 'nobody waits with it');
wait_for($node, $run, 'succeeded', 'it goes on by itself');
cmp_ok(sql("SELECT extract(epoch FROM ended_at - due_at) FROM campaign.task WHERE run_id = $run AND activity = 'rest'"),
	'<', 2, 'in time');

note 'processes that fail are replaced, not at once again and again';
for my $point ('executor_connect', 'scheduler_connect', 'scheduler_turn')
{
	for my $action ('error', 'fatal')
	{
		wait_for_workers($node, 'scheduler', 0, 'idle') if $point eq 'scheduler_connect';
		plant_fault($node, $point, $action);
		wait_for($node, start_run($node, 'simple'), 'succeeded', "$action at $point");
		ok(fault_fired($node, $point), 'it was met');
	}
}

note 'processes that are ended are replaced';
publish($node, 'gated', 'gate(1)');
close_gate($node, 1);
$run = start_run($node, 'gated');
wait_until_at($node, $run, 'all');
sql(q{SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE backend_type LIKE 'campaign %'});
wait_until_at($node, $run, 'all');
open_gate($node, 1);
wait_for($node, $run, 'succeeded', 'launcher, scheduler and executor were terminated');

note 'a killed process restarts the server, and everything goes on';
for my $point ('executor_connect', 'scheduler_connect', 'scheduler_turn')
{
	wait_for_workers($node, 'scheduler', 0, 'idle');
	plant_fault($node, $point, 'kill');
	my ($result, $output) = $node->psql('shop', q{SELECT campaign_start('simple')});
	ok($node->poll_query_until('shop', q{SELECT (SELECT state FROM campaign.run ORDER BY run_id DESC LIMIT 1) = 'succeeded'}),
		"kill at $point");
	ok(fault_fired($node, $point), 'it was met');
}

note 'a restart, with something at work';
publish($node, 'restarted', 'gate(2)');
close_gate($node, 2);
$run = start_run($node, 'restarted');
wait_until_at($node, $run, 'all');
my $begun = time;
$node->stop('fast');
cmp_ok(time - $begun, '<', 5, 'a fast shutdown is fast');
$node->start;
wait_until_at($node, $run, 'all');
open_gate($node, 2);
wait_for($node, $run, 'succeeded', 'the run goes on after the restart');

note 'two databases, and dropping one';
sql('CREATE DATABASE second', 'postgres');
prepare_database($node, 'second');
publish($node, 'second', 'gate(3)', database => 'second');
close_gate($node, 3, 'second');
$run = start_run($node, 'second', database => 'second');
wait_until_at($node, $run, 'all', 'second');
wait_for($node, start_run($node, 'simple'), 'succeeded', 'one database works while another is busy');
sql("COMMIT PREPARED 'gate 3'", 'second');
wait_for($node, $run, 'succeeded', 'and the other', 'second');
wait_for_workers($node, 'scheduler', 0, 'both schedulers have left');
sql('CREATE DATABASE copy TEMPLATE second', 'postgres');
sql('DROP DATABASE copy', 'postgres');
pass('a database without work can be copied and dropped');
$run = start_run($node, 'second', database => 'second');
sql('DROP DATABASE second WITH (FORCE)', 'postgres');
wait_for_workers($node, 'scheduler', 0, 'a database with work can be dropped by force');

note 'dropping the extension under a run';
sql('CREATE DATABASE third', 'postgres');
prepare_database($node, 'third');
publish($node, 'third', 'gate(4)', database => 'third');
close_gate($node, 4, 'third');
$run = start_run($node, 'third', database => 'third');
wait_until_at($node, $run, 'all', 'third');
my $offset = -s $node->logfile;
my $drop = IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr('third'), '-c', 'DROP EXTENSION campaign CASCADE'],
	'>', \my $stdout, '2>', \my $stderr);
$node->poll_query_until('third', q{SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND classid = 'pg_extension'::regclass)})
  or die 'DROP EXTENSION does not wait for the extension before all else';
open_gate($node, 4, 'third');
IPC::Run::finish($drop);
unlike($stderr, qr/ERROR/, 'it waits for the task and is done');
wait_for_workers($node, 'executor', 0, 'no executor is left');
wait_for_workers($node, 'scheduler', 0, 'no scheduler is left');
unlike(log_of($node, $offset), qr/does not exist/, 'and nobody complains');

note 'too few worker processes';
$node->append_conf('postgresql.conf', "max_worker_processes = 4\n");
$node->restart;
publish($node, 'crowd 1', 'gate(5)');
publish($node, 'crowd 2', 'gate(5)');
close_gate($node, 5);
$offset = -s $node->logfile;
my @runs = map { start_run($node, "crowd $_") } 1 .. 2;
ok($node->wait_for_log(qr/out of background worker slots for a campaign executor/, $offset), 'the log says so');
open_gate($node, 5);
wait_for($node, $_, 'succeeded', "run $_ succeeds later") for @runs;

$node->stop;
unlike(log_of($node), qr/PANIC|TRAP|XX000|does not exist.*background worker/, 'nothing broke');
done_testing();
