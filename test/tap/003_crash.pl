# If this fails, a crash loses people, mails them twice, or stops a campaign.
#
# Servers and executors are killed while campaigns run and two senders work.
# Senders keep a journal on disk, as real ones should; at the end it is held
# against the tables.  CRASH_SEED repeats the choices, CRASH_KILLS sets how many.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use IO::Handle;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $seed = $ENV{CRASH_SEED} || (time() * 1000 ^ $$) % 1_000_000;
my $kills = $ENV{CRASH_KILLS} || 24;
my $people = 20_000;
my @campaigns = ('spring', 'summer', 'autumn');
my @senders;
my $parent = $$;
my $enough = PostgreSQL::Test::Utils::tempdir . '/enough';

diag("CRASH_SEED=$seed");
srand($seed);

# Commits of people and workers do not wait for the disk; those of senders do
# by themselves.
my $node = start_node('crash', 'synchronous_commit = off');
make_people($node, $people);
# Somewhat slow, so that there is something to kill.
make_campaign($node, $_, filter => "score < 40 AND sha256(convert_to(repeat(name, 500), 'UTF8')) IS NOT NULL")
  foreach @campaigns;

# ------------------------------- the sender -------------------------------

# The rows that a statement gives; undef if the server went away.  Psql prints
# nothing before the server has said that it has committed.
sub ask
{
	my ($sql) = @_;

	open my $psql, '-|', 'psql', '-XAtq', '-d',
	  $node->connstr('postgres') . ' user=ann', '-c', $sql
	  or POSIX::_exit(1);
	my @rows = <$psql>;
	close $psql or return;
	chomp @rows;
	return \@rows;
}

sub write_down
{
	my ($journal, @lines) = @_;

	print $journal "$_\n" foreach @lines;
	$journal->flush;
	$journal->sync or POSIX::_exit(1);
}

# True when there is nothing more to send, or nobody any more to send for.
sub is_over
{
	return -e $enough || getppid() != $parent;
}

# Acknowledges until somebody answers; what was sent is not given up.
sub acknowledge
{
	my ($journal, $lease) = @_;

	until (is_over())
	{
		my $rows = ask("SELECT result FROM campaign_ack('$lease')");

		if ($rows)
		{
			write_down($journal, join "\t", $rows->[0], time(), $lease, '', '');
			return;
		}
		usleep(20_000);
	}
}

# Claims, writes down, "sends", acknowledges; now and then it forgets to.
sub send_messages
{
	my ($file) = @_;

	open my $journal, '>', $file or POSIX::_exit(1);
	until (is_over())
	{
		my $size = (100, 700, 1000, 1500)[ int(rand(4)) ];
		my $began = time();
		my $rows = ask(qq(SELECT lease, message_id, idempotency_key
FROM campaign_claim('email', $size, '3 seconds')));

		if (!$rows || !@$rows)
		{
			usleep(20_000);
			next;
		}
		my ($lease) = $rows->[0] =~ /^([^|]+)/;
		write_down($journal,
			map { join "\t", 'handed', $began, split /\|/ } @$rows);
		acknowledge($journal, $lease) if rand() < 0.9;
	}
	close $journal;
}

foreach my $number (1 .. 2)
{
	my $file = PostgreSQL::Test::Utils::tempdir . "/journal$number";
	my $pid = fork();

	die "fork: $!" unless defined $pid;
	if ($pid == 0)
	{
		srand($seed + $number);
		# Whoever runs the tests waits for all who could still write.
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		send_messages($file);
		POSIX::_exit(0);
	}
	push @senders, { pid => $pid, file => $file };
}

# -------------------------------- the killer ------------------------------

# Starts a campaign, unless it is under way; if the answer is lost, it may be.
sub start_run
{
	my ($turn) = @_;

	ask("SELECT campaign_start('$campaigns[$turn % @campaigns]')");
}

# Kills a process of that sort at a random moment; gives its sort.
sub kill_one
{
	my ($sort) = @_;
	my $pid = $sort eq 'postmaster' ? undef : wait_for_child($node, qr/campaign $sort/, 2);

	usleep(int(rand($pid ? 100_000 : 400_000)));
	if ($pid)
	{
		kill 9, $pid;
		return $sort;
	}
	kill_server($node);
	return 'postmaster';
}

my %killed;
my $returned = 0;
open my $stderr, '>&', \*STDERR;
open STDERR, '>', '/dev/null';
foreach my $turn (1 .. $kills)
{
	my $choice = rand();
	my $sort = $choice < 0.4 ? 'postmaster' : $choice < 0.85 ? 'executor' : $choice < 0.95 ? 'scheduler' : 'launcher';

	start_run($turn);
	$sort = kill_one($sort);
	$killed{$sort}++;
	$returned++ if server_is_back($node);
}
open STDERR, '>&', $stderr;
diag(join ', ', map { "$_ $killed{$_}" } sort keys %killed);
is($returned, $kills, 'the server comes back after each kill');

# ------------------------- and nobody calls anything ----------------------

ok($node->poll_query_until('postgres', q(
SELECT bool_and(state = 'succeeded') FROM campaign.run)),
	'every run goes on by itself and succeeds');
ok($node->poll_query_until('postgres', q(
SELECT count(*) = 0 FROM campaign.chunk WHERE NOT settled)),
	'everything is handed out and acknowledged');
append_to_file($enough, '');
foreach my $sender (@senders)
{
	waitpid $sender->{pid}, 0;
	is($?, 0, 'a sender ends in order');
}

# ------------------------------ the comparison ----------------------------

verify_clean($node, 'campaign_verify finds nothing');

is($node->safe_psql('postgres', q(
WITH right_fate AS (
	SELECT r.run_id, c.id::text AS recipient,
		CASE WHEN c.email IS NULL THEN 'no_address' WHEN NOT c.opt_in THEN 'no_consent' ELSE 'sent' END AS fate
	FROM campaign.run r, customers c WHERE c.score < 40
), fate AS (
	SELECT run_id, recipient, status AS fate FROM campaign.message
	UNION ALL
	SELECT run_id, recipient, CASE reason WHEN 'duplicate_address' THEN 'sent' ELSE reason END
	FROM campaign.excluded
)
SELECT run_id, recipient, fate, count(*) FROM (
	(SELECT * FROM right_fate EXCEPT ALL SELECT * FROM fate)
	UNION ALL
	(SELECT * FROM fate EXCEPT ALL SELECT * FROM right_fate)) x
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT 10)),
	'', 'nobody is missing and nobody is there twice');
is($node->safe_psql('postgres', q(
WITH right_address AS (
	SELECT DISTINCT run_id, activity, email
	FROM (SELECT run_id, activity, recipient FROM campaign.message
		UNION ALL
		SELECT run_id, activity, recipient FROM campaign.excluded WHERE reason = 'duplicate_address') m
	JOIN customers c ON c.id = m.recipient::bigint
), address AS (
	SELECT run_id, activity, address FROM campaign.message
)
SELECT count(*) FROM (
	(SELECT * FROM right_address EXCEPT ALL SELECT * FROM address)
	UNION ALL
	(SELECT * FROM address EXCEPT ALL SELECT * FROM right_address)) x)),
	'0', 'a mailbox gets each mail once');

$node->safe_psql('postgres', q(
CREATE TABLE journal (entry text, at numeric, lease uuid, message_id bigint, key text)));
foreach my $sender (@senders)
{
	$node->safe_psql('postgres',
		"COPY journal FROM '$sender->{file}' (NULL '')");
}
$node->safe_psql('postgres', q(
CREATE TABLE handed AS SELECT * FROM journal WHERE entry = 'handed';
CREATE TABLE acked AS
SELECT h.message_id, min(a.at) AS at
FROM journal a JOIN handed h USING (lease)
WHERE a.entry IN ('settled', 'settled before')
GROUP BY h.message_id;
ANALYZE handed;
ANALYZE acked;
));
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM acked'),
	'>', $people / 2, 'senders have acknowledged');
is($node->safe_psql('postgres', q(
SELECT count(*) FROM acked WHERE message_id NOT IN (
	SELECT message_id FROM campaign.message WHERE status = 'sent'))),
	'0', 'what was acknowledged is sent');
is($node->safe_psql('postgres', q(
SELECT count(*) FROM handed h JOIN acked a USING (message_id) WHERE h.at > a.at)),
	'0', 'what was acknowledged is never handed out again');
is($node->safe_psql('postgres', q(
SELECT count(*) FROM (
	SELECT message_id FROM handed GROUP BY 1 HAVING count(DISTINCT key) > 1
	UNION ALL
	SELECT min(message_id) FROM handed GROUP BY key HAVING count(DISTINCT message_id) > 1) x)),
	'0', 'a message has one key however often it is handed out');
is($node->safe_psql('postgres', q(
SELECT count(*) FROM pg_class
WHERE relnamespace = 'campaign_data'::regnamespace AND relkind = 'r' AND NOT relispartition)),
	'0', 'no population is left over');
sound_log($node, 'no PANIC and no internal error in the log');
diag($node->safe_psql('postgres', q(
SELECT (SELECT count(*) FROM campaign.run) || ' runs, ' ||
	(SELECT count(*) FROM handed) || ' handed out, ' ||
	(SELECT count(DISTINCT message_id) FROM handed) || ' messages')));

$node->stop;
done_testing();
