# If this fails, an administrator cannot drop or copy a database, or an owner,
# while campaigns run in it, or workers do not survive that.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = start_node('drop', qq(
max_prepared_transactions = 10
campaign.scheduler_idle = '500ms'
));
my $number = 0;

# A database in which a run of ann's executes until the gate is opened, if that
# is asked for, and another one waits for a timer.
sub make_busy
{
	my ($executing) = @_;
	my $database = 'busy' . ++$number;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	make_user($node, $database);
	make_people($node, 300, $database);
	make_campaign($node, 'waiting', wait => '1 day', database => $database);
	my $run = as_owner($node, q(SELECT campaign_start('waiting')), $database);
	is(as_owner($node, "SELECT campaign_wait($run)", $database), 'waiting', "$database: a run waits");
	execute($database) if $executing;
	return $database;
}

sub execute
{
	my ($database) = @_;

	as_owner($node, q(
CREATE FUNCTION slow() RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(3600) IS NOT NULL'), $database);
	make_campaign($node, 'executing', filter => 'slow()', database => $database);
	my $run = as_owner($node, q(SELECT campaign_start('executing')), $database);
	ok($node->poll_query_until($database, "SELECT EXISTS (SELECT FROM campaign.executors() WHERE run_id = $run AND activity = 'people')"),
		"$database: a run executes");
}

# Does it; it has to return soon, with the given error or without one.
sub try_soon
{
	my ($name, $database, $statement, $refusal) = @_;
	my $began = time();
	my ($status, $output, $errors) = $node->psql($database, $statement);

	cmp_ok(time() - $began, '<', 10, "$name: returns within seconds");
	if ($refusal)
	{
		like($errors, $refusal, "$name: is refused in the server's words");
	}
	else
	{
		is("$status", '0', "$name: is done") or diag($errors);
	}
}

# Everything else goes on: a run in the database postgres, from start to end.
make_people($node, 100);
make_campaign($node, 'c', wait => '1 millisecond');
sub others_work
{
	my ($name) = @_;
	my $run = as_owner($node, q(SELECT campaign_start('c')));

	is(finish($node, $run), 'succeeded', "$name: other databases go on");
}

my $in_use = qr/ERROR:  (database|source database) "\w+" is being accessed by other users/;
my ($database, $name);

# ------------------------------ whole databases ---------------------------

$database = make_busy(0);
try_soon('DROP DATABASE with a run that waits', 'postgres', "DROP DATABASE $database");
others_work('after DROP DATABASE');

$database = make_busy(1);
try_soon('DROP DATABASE with a run that executes', 'postgres', "DROP DATABASE $database", $in_use);
try_soon('CREATE DATABASE of one with a run that executes', 'postgres', "CREATE DATABASE copy1 TEMPLATE $database", $in_use);
try_soon('DROP DATABASE WITH (FORCE) with a run that executes', 'postgres', "DROP DATABASE $database WITH (FORCE)");
others_work('after DROP DATABASE WITH (FORCE)');

$database = make_busy(0);
try_soon('CREATE DATABASE of one with a run that waits', 'postgres', "CREATE DATABASE copy2 TEMPLATE $database");
is(as_owner($node, q(SELECT DISTINCT run_state FROM campaign.run_progress), 'copy2'), 'held', 'runs of the copy are held');
try_soon('DROP DATABASE of the copy', 'postgres', 'DROP DATABASE copy2');
others_work('after CREATE DATABASE');

# ------------------------------ the extension -----------------------------

foreach my $executing (0, 1)
{
	my $what = $executing ? 'with a run that executes' : 'with a run that waits';

	$database = make_busy($executing);
	# It waits for the task at work, which has the extension locked.
	if ($executing)
	{
		try_soon("DROP EXTENSION $what", $database,
			q(SET lock_timeout = '1s'; DROP EXTENSION campaign CASCADE), qr/ERROR:  canceling statement due to lock timeout/);
		as_owner($node, q(SELECT campaign_stop(max(run_id)) FROM campaign.run_progress WHERE campaign = 'executing'), $database);
	}
	try_soon("DROP EXTENSION CASCADE $what", $database, q(SET lock_timeout = '8s'; DROP EXTENSION campaign CASCADE));
	ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '$database'"),
		"DROP EXTENSION CASCADE $what: workers leave");
	try_soon("CREATE EXTENSION again", $database, 'CREATE EXTENSION campaign');
	others_work("after DROP EXTENSION $what");
}

# -------------------------------- the owner -------------------------------

# Tables and populations change hands, campaigns do not: their owner needs
# rights on what was his.
$node->safe_psql('postgres', 'CREATE ROLE ben');
$database = make_busy(1);
try_soon('REASSIGN OWNED with a run that executes', $database,
	q(SET lock_timeout = '1s'; REASSIGN OWNED BY ann TO ben), qr/ERROR:  canceling statement due to lock timeout/);
as_owner($node, q(SELECT campaign_stop(max(run_id)) FROM campaign.run_progress WHERE campaign = 'executing'), $database);
try_soon('REASSIGN OWNED with a run that waits', $database, q(SET lock_timeout = '8s'; REASSIGN OWNED BY ann TO ben));
my $kept = $node->safe_psql($database, q(SELECT run_id FROM campaign.run WHERE state = 'waiting'));
as_owner($node, "SELECT campaign_hurry($kept)", $database);
like(finish($node, $kept, $database), qr/failed|succeeded/, 'REASSIGN OWNED: the run comes to an end');
my ($denied, undef, $denial) = try_as_owner($node, q(SELECT count(*) FROM campaign_preview('waiting', 'mail_a', '1')), $database);
like($denial, qr/42501/, 'REASSIGN OWNED: the owner of the campaign has no right to the tables');
$node->safe_psql('postgres', 'GRANT ben TO ann');
as_owner($node, "SELECT campaign_retry($kept)", $database)
  if $node->safe_psql($database, "SELECT state FROM campaign.run WHERE run_id = $kept") eq 'failed';
is(finish($node, $kept, $database), 'succeeded', 'REASSIGN OWNED: with rights the run goes on');
verify_clean($node, 'REASSIGN OWNED: nothing is lost', $database);
my $after = as_owner($node, q(SELECT campaign_start('waiting')), $database);
is(as_owner($node, "SELECT campaign_wait($after)", $database), 'failed', 'REASSIGN OWNED: what was published refers to what was the owner\'s');
like($node->safe_psql($database, "SELECT string_agg(message, ' ') FROM campaign.log WHERE run_id = $after"), qr/refer to other objects/, 'and the log says so');
as_owner($node, "SELECT campaign_stop($after), campaign_publish('waiting')", $database);
$after = as_owner($node, q(SELECT campaign_start('waiting')), $database);
is(as_owner($node, "SELECT campaign_wait($after)", $database), 'waiting', 'REASSIGN OWNED: published again, it runs');
is($node->safe_psql($database, q(SELECT DISTINCT owner_name FROM campaign.campaign)), 'ann', 'REASSIGN OWNED: campaigns stay where they were');
$node->safe_psql('postgres', 'ALTER ROLE ann RENAME TO anna');
$node->safe_psql($database, "SELECT campaign_hurry($after)");
is(finish($node, $after, $database), 'succeeded', 'ALTER ROLE RENAME: the run goes on');
$node->safe_psql('postgres', 'ALTER ROLE anna RENAME TO ann');
$node->safe_psql('postgres', 'REVOKE ben FROM ann');
$node->safe_psql('postgres', "DROP DATABASE $database WITH (FORCE)");
others_work('after REASSIGN OWNED');

foreach my $executing (0, 1)
{
	my $what = $executing ? 'with a run that executes' : 'with a run that waits';

	$database = make_busy($executing);
	# Somebody's uncommitted table makes others wait, as anywhere.
	try_soon("DROP ROLE $what", $database, q(SET lock_timeout = '1s'; DROP ROLE ann), $executing ?
		qr/ERROR:  canceling statement due to lock timeout/ :
		qr/ERROR:  role "ann" cannot be dropped because some objects depend on it/);
	as_owner($node, q(SELECT campaign_stop(max(run_id)) FROM campaign.run_progress WHERE campaign = 'executing'), $database)
	  if $executing;
	try_soon("DROP OWNED $what", $database, q(SET lock_timeout = '8s'; DROP OWNED BY ann CASCADE));
	$node->safe_psql($database, q(UPDATE campaign.task SET due_at = clock_timestamp() WHERE state = 'waiting'));
	$node->safe_psql($database, q(SELECT campaign_pause(run_id), campaign_resume(run_id) FROM campaign.run WHERE state = 'waiting'));
	ok($node->poll_query_until($database, q(SELECT count(*) = 0 FROM campaign.run WHERE state NOT IN ('failed', 'stopped'))),
		"DROP OWNED $what: what it took with it makes the run fail");
	others_work("after DROP OWNED $what");
}

# The role goes where nothing of it is left but campaigns.
$node->safe_psql('postgres', 'DROP OWNED BY ann CASCADE');
foreach my $left (split /\n/, $node->safe_psql('postgres', q(SELECT datname FROM pg_database WHERE datname LIKE 'busy%')))
{
	$node->safe_psql($left, 'DROP OWNED BY ann CASCADE');
}
try_soon('DROP ROLE of one who owns campaigns only', $database, 'DROP ROLE ann');
is($node->safe_psql($database, q(SELECT count(DISTINCT campaign) FROM campaign.run_progress)), '2',
	'a superuser still sees its campaigns');
sound_log($node, 'no PANIC and no internal error in the log');
my @restarts = slurp_file($node->logfile) =~ /ended before it had done anything/g;
cmp_ok(@restarts, '<', 20, 'no executor is started in a loop');

$node->stop;
done_testing();
