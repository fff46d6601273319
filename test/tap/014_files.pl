# If this fails, a file is lost, half there, read while somebody changes it, or
# left behind under a hidden name; or an error of a file is tried for ever.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = PostgreSQL::Test::Utils::tempdir;
mkdir "$root/$_" foreach ('in', 'out');
my $node = start_node('files', qq(
max_prepared_transactions = 4
campaign.file_root = '$root'
campaign.pause_grace = '5s'
));
$node->safe_psql('postgres', 'GRANT pg_read_server_files, pg_write_server_files TO ann');
make_people($node, 2000);

# A gate is open unless a prepared transaction holds its lock.
as_owner($node, q(
CREATE FUNCTION gate() RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT pg_advisory_xact_lock_shared(1) IS NOT NULL';
CREATE FUNCTION nap() RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT pg_sleep(0.05) IS NOT NULL';
CREATE FUNCTION gate_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM gate(); RETURN OLD; END $$;
CREATE DOMAIN gated AS int CHECK (VALUE IS NULL OR gate());
CREATE DOMAIN slow AS int CHECK (VALUE IS NULL OR nap());
CREATE TABLE staged (n int);
CREATE TRIGGER gate BEFORE DELETE ON staged FOR EACH ROW EXECUTE FUNCTION gate_row();
));

sub extract_campaign
{
	my ($name, $filter, $value) = @_;

	as_owner($node, qq(
SELECT campaign_create('$name', dimension => 'customers');
SELECT campaign_add_audience('$name', 'people', filter => '$filter');
SELECT campaign_add_extract_file('$name', 'write', after => 'people', file => 'out/people.csv', sort_by => 'id',
	columns => '[{"name": "id"}, {"name": "value", "value": "$value"}]');
SELECT campaign_publish('$name')));
}

sub load_campaign
{
	my ($name, $type) = @_;

	as_owner($node, qq(
SELECT campaign_create('$name', dimension => 'customers');
SELECT campaign_add_load_file('$name', 'load', file => 'in/lines.csv', columns => '[{"name": "n", "type": "$type"}]');
SELECT campaign_publish('$name')));
}

sub shut { $node->safe_psql('postgres', q(BEGIN; SELECT pg_advisory_xact_lock(1); PREPARE TRANSACTION 'gate')) }
sub open_gate { $node->safe_psql('postgres', q(COMMIT PREPARED 'gate')) }
sub start { return as_owner($node, "SELECT campaign_start('$_[0]')") }

# Waits until the run's executor is at the gate.
sub wait_at_gate
{
	$node->poll_query_until('postgres', q(SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND NOT granted)))
	  or die 'nobody is at the gate';
}

sub problem { return $node->safe_psql('postgres', "SELECT sqlstate FROM campaign.task WHERE run_id = $_[0] AND sqlstate IS NOT NULL") }
sub listing
{
	opendir my $dir, "$root/out" or die;
	return join ' ', sort grep { !/^\.\.?$/ } readdir $dir;
}

sub write_lines
{
	my ($name, @lines) = @_;

	unlink "$root/in/$name";
	append_to_file("$root/in/$name", join "\n", 'n', @lines, '');
}

extract_campaign('held', 'id <= 3', 'gate()');
extract_campaign('quick', 'id <= 2', '1');
extract_campaign('napping', 'true', 'nap()');
load_campaign('load_gated', 'gated');
load_campaign('load_slow', 'slow');

# ------------------------ the name cannot be taken ------------------------

shut();
my $run = start('held');
wait_at_gate();
mkdir "$root/out/people.csv";
open_gate();
is(finish($node, $run), 'failed', 'a folder that has the name meanwhile fails the activity');
is(problem($run), '42809', 'which keeps the error');
is(listing(), 'people.csv', 'nothing else is left');
rmdir "$root/out/people.csv";
as_owner($node, "SELECT campaign_retry($run)");
is(finish($node, $run), 'succeeded', 'the next attempt writes the file');
is(slurp_file("$root/out/people.csv"), "id,value\n1,t\n2,t\n3,t\n", 'all of it');

SKIP:
{
	skip 'the server may write everywhere', 4 if $> == 0;
	shut();
	$run = start('held');
	wait_at_gate();
	chmod 0555, "$root/out";
	open_gate();
	is(finish($node, $run), 'failed', 'a folder that cannot be written any more fails the activity');
	is(problem($run), '42501', 'which keeps the error');
	chmod 0755, "$root/out";
	as_owner($node, "SELECT campaign_retry($run)");
	is(finish($node, $run), 'succeeded', 'the next attempt writes the file');
	is(listing(), 'people.csv', 'and leaves nothing');
}

# What a crash has left under another name.
append_to_file("$root/out/.other.csv.campaign_part", 'x');
append_to_file("$root/out/.other.csv.part", 'x');
$run = start('quick');
is(finish($node, $run), 'succeeded', 'a file is written');
is(listing(), '.other.csv.part people.csv', 'what a crash has left is gone, and nothing of others');
unlink "$root/out/.other.csv.part";

# --------------------------- two with one name ----------------------------

shut();
my $first = start('held');
wait_at_gate();
my $second = start('quick');
ok($node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM campaign.task WHERE run_id = $second AND sqlstate = '55P03')"),
	'who comes second to a name is told to wait');
open_gate();
is(finish($node, $first), 'succeeded', 'the first succeeds');
is(finish($node, $second), 'succeeded', 'so does the second, some time later');
is(slurp_file("$root/out/people.csv"), "id,value\n1,1\n2,1\n", 'whose file it is then');

# --------------------------------- pause ----------------------------------

# Pauses while the executor is at the activity.
sub pause_at
{
	my ($run, $activity, $name) = @_;

	$node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM campaign.executors() WHERE run_id = $run AND activity = '$activity')");
	is(as_owner($node, "SELECT campaign_pause($run)"), 'paused', "$name is paused");
	my $before = time;
	ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM campaign.executors() WHERE run_id = $run"), "$name ends");
	cmp_ok(time - $before, '<=', 15, 'in time');
	is($node->safe_psql('postgres', "SELECT count(*) FROM campaign.flow WHERE run_id = $run AND source = '$activity'"), '0', 'and has done nothing');
	as_owner($node, "SELECT campaign_stop($run)");
}

pause_at(start('napping'), 'write', 'a long extract');
is(listing(), 'people.csv', 'nothing is left of it');
is(slurp_file("$root/out/people.csv"), "id,value\n1,1\n2,1\n", 'the old file is whole');
write_lines('lines.csv', 1 .. 2000);
pause_at(start('load_slow'), 'load', 'a long load');
ok($node->poll_query_until('postgres', q(
SELECT count(*) = 0 FROM pg_class
WHERE relnamespace = 'campaign_data'::regnamespace AND relkind = 'r' AND NOT relispartition)), 'no population is left of it');

# -------------------------- changed while it is read ----------------------

foreach my $change (
	[ 'grows', sub { append_to_file("$root/in/lines.csv", "4\n") } ],
	[ 'is replaced', sub { write_lines('new.csv', 7 .. 9); rename "$root/in/new.csv", "$root/in/lines.csv" } ],
	[ 'is removed', sub { unlink "$root/in/lines.csv" } ])
{
	my ($name, $act) = @$change;

	# Lines are judged a thousand at a time.
	write_lines('lines.csv', 1 .. 3000);
	shut();
	$run = start('load_gated');
	wait_at_gate();
	$act->();
	open_gate();
	is(finish($node, $run), 'failed', "a file that $name while it is read is refused");
	is(problem($run), '55006', 'as in use');
	as_owner($node, "SELECT campaign_stop($run)");
}

# ---------------------- rows that arrive while rows go --------------------

as_owner($node, q(
SELECT campaign_create('staging', dimension => 'customers');
SELECT campaign_add_load_file('staging', 'load', relation => 'staged');
SELECT campaign_publish('staging');
INSERT INTO staged VALUES (1), (2)));
my $loaded = q(SELECT rows FROM campaign.flow WHERE source = 'load' AND outcome = 'result' AND run_id = );
shut();
$run = start('staging');
wait_at_gate();
as_owner($node, 'INSERT INTO staged VALUES (3)');
open_gate();
is(finish($node, $run), 'succeeded', 'rows of a table are loaded');
is($node->safe_psql('postgres', $loaded . $run), '2', 'without one that arrived meanwhile');
is(as_owner($node, 'TABLE staged'), '3', 'which stays');
$run = start('staging');
is(finish($node, $run), 'succeeded', 'until the next run');
is($node->safe_psql('postgres', $loaded . $run), '1', 'which loads it');
is(as_owner($node, 'TABLE staged'), '', 'and nothing else is there');

verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');
$node->stop;
done_testing();
