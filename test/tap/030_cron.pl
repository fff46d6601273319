# If this fails, campaigns cannot be started and executed by pg_cron, which is
# how servers without our library preloaded do it.
#
# The pg_cron of Debian 12 knows minutes only, so this waits for the next one.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'pg_cron is not installed'
  unless -e (split /\n/, `pg_config --pkglibdir`)[0] . '/pg_cron.so';

my $node = start_node('cron', qq(
shared_preload_libraries = 'pg_cron'
cron.use_background_workers = on
));

make_people($node, 200);
as_owner($node, q(
SELECT campaign_create('c', dimension => 'customers');
SELECT campaign_add_audience('c', 'people');
SELECT campaign_add_email('c', 'mail', after => 'people', subject => 'Hello', body => 'You');
SELECT campaign_publish('c')));
$node->safe_psql('postgres', q(
CREATE EXTENSION pg_cron;
GRANT USAGE ON SCHEMA cron TO ann));
my $run = as_owner($node, q(SELECT campaign_start('c')));
as_owner($node, q(SELECT cron.schedule('work', '* * * * *', 'CALL campaign_work()')));

ok($node->poll_query_until('postgres', "SELECT state = 'succeeded' FROM campaign.run WHERE run_id = $run"),
	'a job of pg_cron executes the run');
is($node->safe_psql('postgres', q(SELECT DISTINCT username FROM cron.job)), 'ann', 'the job is the owner\'s');

# ------------------------------ campaign_schedule -------------------------------

sub jobs { return $node->safe_psql('postgres', "SELECT string_agg(username || ' ' || schedule || ' ' || command, E'\n' ORDER BY jobname) FROM cron.job WHERE jobname LIKE 'campaign %'") }
sub problems
{
	my $said = as_owner($node, q(SELECT coalesce(campaign, 'all') || ': ' || problem FROM campaign.cron_problems()));

	is(as_owner($node, q(SELECT coalesce(campaign, 'all') || ': ' || message FROM campaign_health() WHERE code = 'cron' AND severity = 'error' ORDER BY campaign NULLS FIRST)),
		join("\n", sort { ($b =~ /^all/) <=> ($a =~ /^all/) || $a cmp $b } split /\n/, $said), 'campaign_health says the same');
	return $said;
}

my ($status, $out, $err);

$node->safe_psql('postgres', 'CREATE ROLE bob LOGIN; GRANT USAGE ON SCHEMA campaign TO bob');
as_owner($node, q(
SELECT campaign_duplicate('c', 'it''s "every" minute');
SELECT campaign_publish('it''s "every" minute')));
is(as_owner($node, q(SELECT campaign_schedule('it''s "every" minute', cron => '* * * * *'))), 'by pg_cron at "* * * * *"', 'a campaign is started by pg_cron');
is(jobs(), q(ann * * * * * SELECT public.campaign_start('it''s "every" minute'::pg_catalog.text, NULL::pg_catalog.jsonb)), 'by a job of its owner');
is(as_owner($node, q(SELECT meaning, state, next_at FROM campaign.schedules)), 'by pg_cron at "* * * * *"|active|', 'which the view shows');
is(as_owner($node, q(SELECT count(*) FROM campaign_next_launches('it''s "every" minute'))), '0', 'when is not ours to say');
is(problems(), '', 'all is well');

# The other ways a schedule ends.
sub scheduled
{
	my ($name, $cron) = @_;

	as_owner($node, qq(SELECT campaign_duplicate('c', '$name'); SELECT campaign_publish('$name'); SELECT campaign_schedule('$name', cron => '$cron')));
}
my @names = qw(unscheduled replaced other closed archived unpublished dropped);
scheduled($_, '0 0 1 1 *') foreach @names;
is($node->safe_psql('postgres', q(SELECT count(*) FROM cron.job WHERE schedule = '0 0 1 1 *')), scalar(@names), 'a job for each');
as_owner($node, q(
SELECT campaign_unschedule('unscheduled');
SELECT campaign_schedule('replaced', '{"frequency": "daily", "at": "09:00"}');
SELECT campaign_schedule('other', cron => '0 0 2 1 *');
SELECT campaign_close('closed');
SELECT campaign_archive('archived');
SELECT campaign_unpublish('unpublished');
SELECT campaign_drop('dropped')));
is($node->safe_psql('postgres', q(SELECT string_agg(schedule, ' ') FROM cron.job WHERE jobname LIKE 'campaign %' AND schedule <> '* * * * *')), '0 0 2 1 *', 'it goes with the schedule');

scheduled($_, '0 0 3 1 *') foreach ('late', 'absent');

# What is refused.
($status, $out, $err) = try_as_owner($node, q(SELECT campaign_schedule('c', cron => 'every minute')));
like($err, qr/ERROR:  22023: invalid schedule: every minute/, 'what pg_cron does not read');
($status, $out, $err) = try_as_owner($node, q(SELECT campaign_schedule('c', '{"frequency": "daily", "at": "09:00"}', '* * * * *')));
like($err, qr/ERROR:  22023: .*not both/, 'two schedules at once');
$node->safe_psql('postgres', 'REVOKE USAGE ON SCHEMA cron FROM ann');
($status, $out, $err) = try_as_owner($node, q(SELECT campaign_schedule('c', cron => '* * * * *')));
like($err, qr/ERROR:  42501: owner "ann" may not use pg_cron\nHINT:  GRANT USAGE ON SCHEMA cron TO ann\./, 'an owner without the right to use it');
$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA cron TO ann');
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
make_user($node, 'elsewhere');
as_owner($node, q(
CREATE TABLE customers (id bigint PRIMARY KEY);
SELECT campaign_dimension('customers');
SELECT campaign_create('c', dimension => 'customers');
SELECT campaign_add_audience('c', 'people');
SELECT campaign_publish('c')), 'elsewhere');
($status, $out, $err) = try_as_owner($node, q(SELECT campaign_schedule('c', cron => '0 9 * * 1')), 'elsewhere');
like($err, qr/ERROR:  55000: pg_cron is not installed in database "elsewhere"/, 'a database without it');
ok($err =~ /can call (SELECT cron\.schedule_in_database\(.*\)) in the database/, 'the hint has the statement');
$node->safe_psql('postgres', $1);
is($node->safe_psql('postgres', q(SELECT username, database, schedule, command FROM cron.job WHERE database = 'elsewhere')),
	q(ann|elsewhere|0 9 * * 1|SELECT public.campaign_start('c'::pg_catalog.text, NULL::pg_catalog.jsonb)), 'which does it');

ok($node->poll_query_until('postgres', q(SELECT EXISTS (SELECT FROM campaign.run r JOIN campaign.campaign c USING (campaign_id)
WHERE c.name = 'it''s "every" minute' AND r.state = 'succeeded' AND r.started_by = 'ann'))), 'it is started, and executed by the other job');

# What is wrong is told, also where another role has a job of that name.
$node->safe_psql('postgres', q(INSERT INTO cron.job (schedule, command, nodename, nodeport, database, username, jobname)
SELECT '0 0 4 1 *', command, nodename, nodeport, database, 'bob', jobname FROM cron.job WHERE jobname LIKE 'campaign %'));
$node->safe_psql('postgres', q(SELECT cron.alter_job(jobid, active => false) FROM cron.job WHERE schedule = '0 0 2 1 *'));
$node->safe_psql('postgres', q(SELECT cron.unschedule(jobid) FROM cron.job WHERE schedule = '* * * * *' AND jobname LIKE 'campaign %'));
is(problems(), qq(it's "every" minute: its job of pg_cron is gone\nother: its job of pg_cron is switched off), 'jobs that others have touched');
is($node->safe_psql('postgres', 'SELECT count(*) FROM campaign.cron_problems()', extra_params => [ '-U', 'bob' ]), '0', 'nobody else is told');
as_owner($node, q(SELECT campaign_unschedule('it''s "every" minute')));
$node->safe_psql('postgres', q(SELECT cron.alter_job(jobid, active => true) FROM cron.job WHERE schedule = '0 0 2 1 *';
INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, return_message, start_time, end_time)
SELECT jobid, 1000000, database, username, command, 'failed', 'connection failed', now(), now() FROM cron.job WHERE schedule = '0 0 2 1 *'));
is(problems(), 'other: its job of pg_cron failed the last time: connection failed', 'a job that fails');
$node->safe_psql('postgres', 'DELETE FROM cron.job_run_details WHERE runid = 1000000');
is(problems(), '', 'nothing is wrong any more');
is($node->safe_psql('postgres', q(SELECT count(*) FROM cron.job WHERE username = 'bob' AND command LIKE '%minute%')), '1', 'a job of another role is not taken for the one that ends');
$node->safe_psql('postgres', q(DELETE FROM cron.job WHERE username = 'bob'));

verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');

# A server that came back without it.
$node->stop;
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->start;
is(problems(), 'all: pg_cron is not running', 'a pg_cron that is dead is noticed');
($status, $out, $err) = try_as_owner($node, q(SELECT campaign_unschedule('other')));
is($status, 0, 'a schedule ends all the same');
like($err, qr/NOTICE:  00000: job \d+ of pg_cron is left: .*pg_cron can only be loaded via shared_preload_libraries/, 'with word of the job that is left');
is(as_owner($node, q(SELECT count(*) FROM campaign.schedules WHERE campaign = 'other')), '0', 'it is gone');
($status, $out, $err) = try_as_owner($node, q(SELECT campaign_drop('late')));
is($status, 0, 'so is a campaign that is dropped');
like($err, qr/NOTICE:  00000: job \d+ of pg_cron is left/, 'with the same word');
$node->safe_psql('postgres', 'DROP EXTENSION pg_cron');
is(problems(), 'absent: pg_cron is not installed in this database', 'nor is what is not there forgotten');
as_owner($node, q(SELECT campaign_unschedule('absent')));
is(problems(), '', 'until nothing is asked of it');

$node->stop;
done_testing();
