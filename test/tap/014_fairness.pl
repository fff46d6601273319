# If this failed, who runs much would keep others waiting, a quota would not
# hold, or what waits would be in the way: of vacuum, of DDL, of other work.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use Test::More;
use Time::HiRes ();

my $many = 30;
my $node = start_server('fairness', "campaign.max_executors = 1\n");

sub sql { return $node->safe_psql('shop', $_[0]) }

# Whose runs executors are at: "owner 2 small 1".
sub places
{
	return sql(q{SELECT coalesce(string_agg(owner || ' ' || n, ' ' ORDER BY owner), '') FROM
		(SELECT c.owner_name AS owner, count(*) AS n FROM campaign.executors() e JOIN campaign.run r USING (run_id)
		JOIN campaign.campaign c USING (campaign_id) WHERE e.activity <> '' GROUP BY 1) x});
}

sub wait_for_places
{
	my ($wanted, $label) = @_;
	my $found = '';

	for (1 .. 1800)
	{
		$found = places();
		last if $found eq $wanted;
		Time::HiRes::usleep(100_000);
	}
	is($found, $wanted, $label);
	return;
}

sql(q{CREATE ROLE small LOGIN; GRANT USAGE ON SCHEMA campaign TO small;
	GRANT SELECT ON customers TO small; GRANT EXECUTE ON FUNCTION gate TO small;
	SET ROLE small; SELECT campaign_dimension('customers', addresses => '{"email": "email"}')});
sql(join ';', 'SET ROLE owner', map { (
	"SELECT campaign_create('many $_', dimension => 'customers')",
	"SELECT campaign_add_audience('many $_', 'all', filter => 'gate(1)')",
	"SELECT campaign_add_email('many $_', 'mail', after => 'all', subject => 'Hello', body => 'You')",
	"SELECT campaign_publish('many $_')") } 1 .. $many);
publish($node, 'one', 'true', role => 'small');

note 'the first run of one comes after a task of the other, not after all his runs';
close_gate($node, 1);
sql(join ';', 'SET ROLE owner', map { "SELECT campaign_start('many $_')" } 1 .. $many);
wait_for_places('owner 1', 'the place is taken');
my $run = start_run($node, 'one', role => 'small');
my $busy = "SELECT message FROM campaign_health() WHERE code = 'executors_busy' AND run_id = $run";
is(sql($busy), 'all 1 executors are at other runs', 'campaign_health says why it waits');
open_gate($node, 1);
wait_for($node, $run, 'succeeded', 'the run of one');
is(sql($busy), '', 'and no more when it does not');
ok($node->poll_query_until('shop', q{SELECT bool_and(state = 'succeeded') FROM campaign.run}), 'and all the others');
# A task that has begun before the other run was there does not count.
is(sql(qq{SELECT max(n) <= 1 FROM (SELECT count(o.*) AS n
		FROM (SELECT activity, started_at, lag(ended_at, 1, (SELECT started_at FROM campaign.run WHERE run_id = $run))
			OVER (ORDER BY started_at) AS ready_at FROM campaign.task WHERE run_id = $run) t
		LEFT JOIN campaign.task o ON o.run_id <> $run AND o.started_at > t.ready_at AND o.started_at < t.started_at
		GROUP BY t.activity) x}),
	't', 'before each of its tasks at most one of the other owner has begun');
is(sql(qq{SELECT count(*) >= 2 * $many - 4 FROM campaign.task
		WHERE run_id <> $run AND started_at > (SELECT max(ended_at) FROM campaign.task WHERE run_id = $run)}),
	't', 'nearly all of these come after it');

note 'a role leaves a place to others, whatever its own work takes';
$node->append_conf('postgresql.conf', "campaign.max_executors = 3\n");
$node->reload;
close_gate($node, 1);
my @runs = split /\n/, sql(join ';', 'SET ROLE owner', map { "SELECT campaign_start('many $_')" } 1 .. 4);
wait_for_places('owner 2', 'two of three places');
wait_for($node, start_run($node, 'one', role => 'small'), 'succeeded', 'another owner has the third');
is(places(), 'owner 2', 'the first has no more than before');

note 'quotas are settings of roles';
my ($status, undef, $error) = $node->psql('shop', 'SET ROLE owner; ALTER ROLE owner SET campaign.max_executors_per_role = 3');
like($error, qr/permission denied to set parameter/, 'a role cannot give itself one');
sql('ALTER ROLE owner IN DATABASE shop SET campaign.max_executors_per_role = 3; ALTER ROLE owner SET campaign.max_executors_per_role = 1');
wait_for_places('owner 3', 'more than by default; what is said for the database counts');
sql('ALTER ROLE owner IN DATABASE shop RESET ALL');
sql(join ';', map { "SELECT campaign_pause($_)" } @runs);
wait_for_workers($node, 'executor', 0, 'all are paused');
sql(join ';', map { "SELECT campaign_resume($_)" } @runs);
wait_for_places('owner 1', 'less than by default');
wait_for($node, start_run($node, 'one', role => 'small'), 'succeeded', 'another owner has a place');
is(places(), 'owner 1', 'one is all that the first gets');
sql('ALTER ROLE owner RESET ALL; ALTER ROLE ALL SET campaign.max_executors_per_role = 3');
wait_for_places('owner 3', 'a value for all roles');
sql('ALTER ROLE ALL RESET ALL');
open_gate($node, 1);
wait_for($node, $_, 'succeeded', "run $_") for @runs;

note 'what waits holds nothing';
$node->append_conf('postgresql.conf', "campaign.scheduler_idle = '1h'\n");
$node->reload;
sql(q{SET ROLE owner;
	SELECT campaign_create('rest', dimension => 'customers');
	SELECT campaign_add_audience('rest', 'all');
	SELECT campaign_add_wait('rest', 'wait', after => 'all', duration => '1 day');
	SELECT campaign_add_approval('rest', 'ask', after => 'wait', question => 'Go on?', roles => 'owner', timeout => '1 day');
	SELECT campaign_publish('rest')});
$run = start_run($node, 'rest');
wait_for($node, $run, 'waiting', 'a run waits for a time');
wait_for_workers($node, 'executor', 0, 'no executor waits with it');
is(workers($node, 'scheduler'), 1, 'a scheduler does');
my $idle = q{SELECT count(*) = 0 FROM pg_stat_activity a LEFT JOIN pg_locks l USING (pid)
	WHERE a.backend_type LIKE 'campaign %' AND (a.xact_start IS NOT NULL OR a.backend_xmin IS NOT NULL
	OR a.backend_xid IS NOT NULL OR l.pid IS NOT NULL)};
ok($node->poll_query_until('shop', $idle), 'without a transaction, a snapshot or a lock');
sql("SELECT campaign_hurry($run)");
ok($node->poll_query_until('shop', "SELECT state = 'waiting' FROM campaign.task WHERE run_id = $run AND activity = 'ask'"), 'it waits for a person');
wait_for_workers($node, 'executor', 0, 'no executor waits with it');
ok($node->poll_query_until('shop', $idle), 'without a transaction, a snapshot or a lock');
is(sql('SELECT count(*) FROM pg_prepared_xacts'), 0, 'nor a prepared transaction');
sql(q{SET lock_timeout = '20s'; BEGIN; LOCK TABLE customers, campaign.run, campaign.task IN ACCESS EXCLUSIVE MODE; COMMIT});
pass('so everything can be locked');
$node->append_conf('postgresql.conf', "campaign.scheduler_idle = '100ms'\n");
$node->reload;
wait_for_workers($node, 'scheduler', 0, 'nothing to do, the scheduler leaves');

$node->stop;
unlike(log_of($node), qr/PANIC|TRAP|XX000|terminated by signal/, 'nothing broke');
done_testing();
