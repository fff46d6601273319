# If this failed, an executor that waits for another run would begin it with
# something that is not there in a new process, be in somebody's way, or stay.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use Test::More;

my $node = start_server('idle', "campaign.executor_idle = '30s'\ncampaign.max_executors = 2\n");

sub sql { return $node->safe_psql('shop', $_[0]) }

sub set
{
	my ($settings) = @_;
	$node->append_conf('postgresql.conf', $settings);
	$node->reload;
	return;
}

# Executes a campaign of a role's; who did, and what he found.
sub execute
{
	my ($campaign, $role) = @_;
	sql('TRUNCATE witness');
	my $run = start_run($node, $campaign, role => $role);
	wait_for($node, $run, 'succeeded', "a run of $role");
	# The state is there before its executor is at nothing.
	ok($node->poll_query_until('shop', 'SELECT count(*) = 0 FROM campaign.executors()'), 'nobody is at work any more');
	return split /\|/, sql(q{SELECT min(pid), min(fuzzy), min(size) FROM witness});
}

sql(q{CREATE ROLE other LOGIN;
	GRANT USAGE ON SCHEMA campaign TO other;
	GRANT CREATE ON SCHEMA public TO other;
	CREATE TABLE witness (pid integer, fuzzy text, size text);
	GRANT ALL ON witness TO owner, other;
	CREATE FUNCTION testify() RETURNS boolean LANGUAGE sql AS $$
		INSERT INTO witness VALUES (pg_backend_pid(), current_setting('gin_fuzzy_search_limit'), current_setting('temp_buffers'));
		SELECT set_config('gin_fuzzy_search_limit', '7', false) IS NOT NULL $$;
	SET ROLE other;
	CREATE TABLE people (id bigint PRIMARY KEY, email text);
	INSERT INTO people VALUES (1, '1@example.com');
	SELECT campaign_dimension('people', addresses => '{"email": "email"}')});
publish($node, 'first', 'testify()');
publish($node, 'second', 'testify()');
sql(q{SET ROLE other;
	SELECT campaign_create('theirs', dimension => 'people');
	SELECT campaign_add_audience('theirs', 'all', filter => 'testify()');
	SELECT campaign_publish('theirs')});

note 'the next run of the owner';
my ($pid, $limit, $size) = execute('first', 'owner');
is($limit, '0', 'finds the settings of a new connection');
my ($next, $next_limit) = execute('second', 'owner');
is($next, $pid, 'is executed by the same process');
is($next_limit, '0', 'which has forgotten what the one before has set');
is(workers($node, 'executor'), 1, 'and is the only one');

note 'changed settings of the role';
sql(q{ALTER ROLE owner SET temp_buffers = '16MB'});
my ($new, undef, $new_size) = execute('first', 'owner');
isnt($new, $pid, 'take a new process');
is($new_size, '16MB', 'that has them');

note 'another owner';
my ($their) = execute('theirs', 'other');
isnt($their, $new, 'has a process of his own');
is(workers($node, 'executor'), 2, 'and both stay');

note 'who waits is not in the way';
set("campaign.max_executors = 1\n");
($new) = execute('first', 'owner');
($their) = execute('theirs', 'other');
isnt($their, $new, 'another owner gets a process where one is allowed');
wait_for_workers($node, 'executor', 1, 'for which the other one leaves');
$node->safe_psql('shop', "SELECT pg_terminate_backend($their)");
wait_for_workers($node, 'executor', 0, 'it can be terminated');
execute('theirs', 'other');

note 'a pause meant for a run does not reach the next one';
publish($node, 'gated', 'gate(1)');
close_gate($node, 1);
my $run = start_run($node, 'gated');
wait_until_at($node, $run, 'all');
sql("SET ROLE owner; SELECT campaign_pause($run)");
ok($node->poll_query_until('shop', 'SELECT count(*) = 0 FROM campaign.executors()'), 'it is paused');
execute('second', 'owner');
open_gate($node, 1);

note 'without a run';
set("campaign.executor_idle = '200ms'\n");
execute('first', 'owner');
wait_for_workers($node, 'executor', 0, 'it leaves');
set("campaign.executor_idle = 0\n");
my ($one) = execute('first', 'owner');
my ($two) = execute('second', 'owner');
isnt($one, $two, 'or does not stay at all');

set("campaign.executor_idle = '1s'\n");
execute('first', 'owner');
$node->safe_psql('postgres', 'DROP DATABASE shop');
pass('a database can be dropped while it waits');

$node->stop;
unlike(log_of($node), qr/PANIC|TRAP|XX000|terminated by signal/, 'nothing broke');
done_testing();
