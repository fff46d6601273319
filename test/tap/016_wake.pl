# If this failed, a run would wait for ever for another one that has ended.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use IPC::Run ();
use Test::More;

my $node = start_server('wake', "campaign.scheduler_naptime = '200ms'\n");

sub sql { return $node->safe_psql('shop', $_[0]) }

publish($node, 'inner', 'gate(1)');
sql(q{SET ROLE owner;
	SELECT campaign_create('outer', dimension => 'customers');
	SELECT campaign_add_audience('outer', 'everybody');
	SELECT campaign_add_sub_campaign('outer', 'runs', starts => 'inner', after => 'everybody')});

# Tests are the runs that a campaign may be dropped with before they have ended.
# Who drops it has the tasks of the one and waits for those of the other.
sub end_while_held
{
	my ($how, $label) = @_;
	close_gate($node, 1);
	my $run = sql(q{SET ROLE owner; SELECT campaign_test('outer')});
	$node->poll_query_until('shop', "SELECT EXISTS (SELECT FROM campaign.run r JOIN campaign.executors() e USING (run_id) WHERE r.parent_run = $run)")
	  or die 'the inner run has not begun';
	my $output = '';
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('shop') . ' application_name=dropper',
			map { ('-c', $_) } 'SET ROLE owner', 'BEGIN', q{SELECT campaign_drop('outer')}, $how ],
		'>', \$output, '2>', \$output);
	$node->poll_query_until('shop', q{SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'dropper' AND wait_event_type = 'Lock')})
	  or die 'nobody waits for the inner run';
	open_gate($node, 1);
	$session->finish;
	unlike($output, qr/ERROR/, "$label: the campaign was dropped");
	return $run;
}

my $run = end_while_held('ROLLBACK', 'taken back');
wait_for($node, $run, 'succeeded', 'a run goes on that could not be told because its campaign was nearly dropped');
is(sql('SELECT count(*) FROM campaign.run WHERE unheard'), '0', 'nothing is left to be told');

# Who holds the waiting activity keeps its run from being told: until it is, the
# run does not rest.
close_gate($node, 1);
$run = sql(q{SET ROLE owner; SELECT campaign_test('outer')});
$node->poll_query_until('shop', "SELECT state = 'waiting' FROM campaign.run WHERE run_id = $run") or die 'it does not wait';
my $holder = $node->background_psql('shop', on_error_stop => 1);
$holder->query_safe(qq{BEGIN; SELECT FROM campaign.task WHERE run_id = $run AND activity = 'runs' FOR UPDATE});
open_gate($node, 1);
$node->poll_query_until('shop', "SELECT unheard FROM campaign.run WHERE parent_run = $run") or die 'it was told';
my $answer = '';
my $waiter = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('shop') . ' application_name=waiter',
		'-c', 'SET ROLE owner', '-c', "SELECT campaign_wait($run)" ], '>', \$answer, '2>', \$answer);
$node->poll_query_until('shop', q{SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'waiter' AND wait_event = 'Extension')})
  or die 'campaign_wait does not wait';
$holder->query_safe('ROLLBACK');
$holder->quit;
$waiter->finish;
is($answer, "succeeded\n", 'a run does not rest while it is to be told that another one has ended');

end_while_held('COMMIT', 'done');
is(sql('SELECT count(*) FROM campaign.run'), '0', 'and what is dropped is gone');
wait_for_workers($node, 'scheduler', 0, 'nobody looks for it');

$node->stop;
unlike(log_of($node), qr/PANIC|TRAP|XX000|terminated by signal/, 'nothing broke');
done_testing();
