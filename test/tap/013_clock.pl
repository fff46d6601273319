# If this fails, a clock that is set forward or back loses launches, starts them
# twice, hands messages to two senders, or stops the queue.
#
# The server runs under libfaketime, which reads from a file how far the clock is
# off.  What the postmaster starts while it handles a signal, workers that is,
# does not get that clock before PostgreSQL 16; so sessions execute what is due.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
plan skip_all => 'libfaketime is not installed' if !$library;

my $node = PostgreSQL::Test::Cluster->new('clock');

my $offset_file = PostgreSQL::Test::Utils::tempdir . '/offset';

# Sets the clock of all sessions to come.
sub set_clock
{
	my ($offset) = @_;
	open my $file, '>', $offset_file or die $!;
	print $file "$offset\n";
	close $file;
	return;
}

# Executes until nothing is due; the state of the run.
sub work_on
{
	my ($run) = @_;
	as_owner($node, 'CALL campaign_work()') for 1 .. 3;
	return $node->safe_psql('postgres', "SELECT state FROM campaign.run WHERE run_id = $run");
}

sub start { return as_owner($node, "SELECT campaign_start('$_[0]')") }

# Messages by how often they were handed out.
sub handed_out
{
	return as_owner($node, q(
SELECT string_agg(attempt || ' x ' || n, ', ' ORDER BY attempt) FROM (SELECT attempt, count(*) AS n FROM campaign_claim('email', 10000, '1 hour') GROUP BY 1) x));
}

# No occurrence of a schedule has two runs, and none was lost to a clock.
sub sound_launches
{
	my ($name) = @_;
	is($node->safe_psql('postgres', q(SELECT count(*) - count(DISTINCT (campaign_id, occurrence)) FROM campaign.run WHERE occurrence IS NOT NULL)),
		'0', $name);
	verify_clean($node, "$name: campaign_verify finds nothing");
	return;
}

# Starts the server with the clock of the file.
sub start_clock
{
	set_clock('+0');
	local %ENV = (%ENV, LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => $offset_file,
		FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1);
	$node->start;
	return;
}

$node->init;
$node->append_conf('postgresql.conf', "log_line_prefix = '%m [%p] %e %q%a '\nshared_preload_libraries = ''\n");
start_clock();
$node->safe_psql('postgres', 'CREATE ROLE ann LOGIN');
make_user($node, 'postgres');
make_people($node, 200);
make_campaign($node, 'waiting', wait => '3 days', filter => 'id <= 20');
make_campaign($node, 'fresh', wait => '1 millisecond', filter => 'id > 100');
make_campaign($node, 'daily', wait => '1 millisecond', filter => 'id BETWEEN 21 AND 30');
as_owner($node, q(SELECT campaign_schedule('daily', '{"frequency": "daily", "at": "09:00", "time_zone": "UTC"}')));

my $before = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
my $waiting = start('waiting');
is(work_on($waiting), 'waiting', 'a run waits for three days');
my $claimed = as_owner($node, q(SELECT count(*) FROM campaign_claim('email', 10000, '1 hour')));
cmp_ok($claimed, '>', 0, 'messages are handed out for an hour');
is(handed_out(), '', 'and not again');

# ------------------------------- forward ----------------------------------

set_clock('+4d');
cmp_ok($node->safe_psql('postgres', "SELECT extract(day FROM clock_timestamp() - '$before')"), '>=', 4, 'the clock is set forward');
my $fresh = start('fresh');
is(work_on($fresh), 'succeeded', 'a run is executed');
is(work_on($waiting), 'succeeded', 'the one that waited, too');
is($node->safe_psql('postgres', q(SELECT next_at > clock_timestamp() FROM campaign.schedule)), 't',
	'the schedule is ahead of the clock again');
my $launched = $node->safe_psql('postgres', 'SELECT count(*) FROM campaign.run WHERE occurrence IS NOT NULL');
sound_launches('forward');
like(handed_out(), qr/^1 x \d+, 2 x $claimed$/, 'leases of before have expired');

# --------------------------------- back -----------------------------------

set_clock('-1d');
my $back = start('fresh');
is(work_on($back), 'succeeded', 'after the clock was set back a run is executed');
is($node->safe_psql('postgres', 'SELECT count(*) FROM campaign.run WHERE occurrence IS NOT NULL'), $launched,
	'what was launched is not launched again');
sound_launches('back');
like(handed_out(), qr/^1 x \d+$/, 'its messages are handed out, those under lease are not');
is(as_owner($node, "SELECT campaign_stop($fresh)"), 'stopped', 'a run of the future is stopped');

# ------------------------------- and forward ------------------------------

set_clock('+5d');
my $last = start('fresh');
is(work_on($last), 'succeeded', 'and forward again');
like(handed_out(), qr/2 x \d+/, 'leases expire by the clock there is');
sound_launches('forward again');

# ------------------------ days without a scheduler ------------------------

# One says when something will be old, and has a day from then on to delete it.
as_owner($node, q(SELECT campaign_create('old', dimension => 'customers', settings => '{"keep_populations": true, "history": {"populations": 2}}');
SELECT campaign_add_audience('old', 'people');
SELECT campaign_publish('old')));
set_clock('+0');
is(work_on(start('old')), 'succeeded', 'a run leaves a population for two days');
$node->safe_psql('postgres', q(INSERT INTO campaign.soft_bounce VALUES ('email', campaign.address_hash('a'), 1, '2001-01-01')));
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'campaign'\n");
$node->stop;
start_clock();
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM campaign.soft_bounce'), 'a scheduler looks for what is old');
$node->safe_psql('postgres', q(SELECT campaign_hold_all('audit')));
set_clock('+4d');
my $retention = q(SELECT string_agg(severity || ': ' || message, '') FROM campaign_health() WHERE code = 'retention');
ok($node->poll_query_until('postgres', $retention, 'warning: messages or populations are older than they are to be kept'), 'if it is not deleted after days, campaign_health says so');
set_clock('+60h');
is($node->safe_psql('postgres', $retention), '', '... but not after hours');
sound_log($node);
done_testing();
