# If this fails, a backup is incomplete, or a copy of a database mails everybody
# a second time.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('origin');
my $folder = PostgreSQL::Test::Utils::tempdir;

# What every table holds, and where every sequence stands: a line each.  Oids
# are another matter after a restore, where names count; whose they are is in
# the table of origins, which a restore adds to.
sub digests
{
	my ($node, $database, $without_oids) = @_;
	my $row = $without_oids ?
	  "to_jsonb(t) - 'log_cnt' - 'relation' - 'owner'" :
	  "to_jsonb(t) - 'log_cnt'";
	my @tables = split /\n/, $node->safe_psql($database, q(
SELECT oid::regclass FROM pg_class
WHERE relnamespace IN ('campaign'::regnamespace, 'campaign_data'::regnamespace)
	AND relkind IN ('r', 'p', 'S') AND relname <> 'origin' ORDER BY oid::regclass::text COLLATE "C"));

	return join "\n", map {
		"$_ " . $node->safe_psql($database, qq(
SELECT count(*), md5(string_agg(r, '' ORDER BY r COLLATE "C"))
FROM (SELECT ($row)::text AS r FROM (SELECT * FROM $_) t) x))
	} @tables;
}

sub dump_database
{
	my ($database, $file) = @_;

	$node->command_ok([ 'pg_dump', '-f', $file, $database ], "pg_dump of $database");
}

sub restore
{
	my ($node, $database, $file, $name) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$node->command_ok([ 'psql', '-Xqv', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $file, $database ], $name);
}

# ------------------------------- what there is ----------------------------

make_people($node, 3000);
as_owner($node, q(SELECT campaign_template('word', body => n::text) FROM generate_series(1, 3) n));
as_owner($node, q(SELECT campaign_rule('cap', 'pressure', '{"messages": 9, "per": "30 days", "always": true}')));
make_campaign($node, 'finished', wait => '1 millisecond');
make_campaign($node, 'waiting', wait => '1 day', filter => 'score < 30');
make_campaign($node, 'fresh', wait => '1 millisecond');
my $finished = as_owner($node, q(SELECT campaign_start('finished')));
is(finish($node, $finished), 'succeeded', 'a run is finished');

# Some sent, some failed, some to be sent again, some leased.
my ($lease, $first) = split /\|/, as_owner($node, q(
SELECT lease, min(message_id) FROM campaign_claim('email', 900) GROUP BY 1));
as_owner($node, sprintf(q(SELECT campaign_ack('%s', '[{"message_id": %s, "reason": "full", "delay": "0"}, {"message_id": %s, "reason": "gone", "permanent": true}]')),
		$lease, $first, $first + 1));
$node->safe_psql('postgres', q(ALTER DATABASE postgres SET campaign.tracking_url = 'https://t.example.com'));
my ($token) = as_owner($node, q(SELECT max(attributes ->> 'unsubscribe_url') FROM campaign_claim('email', 50, '1 hour'))) =~ /t=(\S+)/;
is(as_owner($node, sprintf(q(SELECT * FROM campaign_feedback('[{"message_id": %1$s, "event": "opened"},
	{"message_id": %1$s, "event": "bounced", "detail": {"type": "soft"}}, {"message_id": %2$s, "event": "unsubscribed"}]')), $first + 2, $first + 3)),
	'3|0|0', 'events are recorded');
as_owner($node, q(SELECT campaign_suppress('email', 'somebody@example.com', 'asked')));

# What was returned is remembered; a link is declared.
as_owner($node, q(
SELECT campaign_link('namesakes', 'customers', 'customers', 'customers.score = namesakes.score');
SELECT campaign_create('newcomers', dimension => 'customers');
SELECT campaign_add_incremental('newcomers', 'fresh', filter => 'id <= 100');
SELECT campaign_publish('newcomers')));
is(finish($node, as_owner($node, q(SELECT campaign_start('newcomers')))), 'succeeded', 'rows are returned');

my $waiting = as_owner($node, q(SELECT campaign_start('waiting')));
is(as_owner($node, "SELECT campaign_wait($waiting)"), 'waiting', 'another one waits');
my $links = as_owner($node, q(SELECT string_agg(source || ' ' || cardinality, ',') FROM campaign.links WHERE name = 'namesakes'));
like($links, qr/^customers /, 'a link is declared');
my $exported = as_owner($node, q(SELECT campaign_export('waiting')));
my $pending = as_owner($node, q(SELECT count(*) FROM campaign.message WHERE status = 'pending'));

# --------------------------------- a copy ---------------------------------

# Lies still until it is adopted, and goes on then.
sub check_copy
{
	my ($node, $database, $what) = @_;
	my $run;

	is(as_owner($node, qq(SELECT DISTINCT run_state FROM campaign.run_progress WHERE run_id = $waiting), $database),
		'held', "$what: the waiting run is held");
	is(as_owner($node, q(SELECT campaign_export('waiting')), $database),
		$exported, "$what: the definition is the same");
	is(as_owner($node, q(SELECT string_agg(body, ' ' ORDER BY number) FROM campaign.template_version), $database),
		'1 2 3', "$what: templates are there");
	is(as_owner($node, q(SELECT count(*) > 0 AND min(rule_id) = (SELECT min(1) FROM campaign.rules WHERE name = 'cap') FROM campaign.contacted), $database),
		't', "$what: rules are there, and what they have counted");
	# It would be due, and somebody looks for what is due in this database.
	$node->safe_psql($database, q(UPDATE campaign.task SET due_at = clock_timestamp() WHERE state = 'waiting'));
	is(as_owner($node, q(SELECT count(*) FROM campaign_claim('email', 10000)), $database),
		'0', "$what: nothing is handed out");
	$run = as_owner($node, q(SELECT campaign_start('fresh')), $database);
	cmp_ok($run, '>', $waiting, "$what: numbers of runs go on");
	is(finish($node, $run, $database), 'succeeded', "$what: a new run succeeds");
	is($node->safe_psql($database, "SELECT state FROM campaign.run WHERE run_id = $waiting"),
		'waiting', "$what: the old one is still held");
	cmp_ok(as_owner($node, q(SELECT count(*) FROM campaign_claim('email', 10000)), $database),
		'>', 0, "$what: messages of the new one are handed out");
	is($node->safe_psql($database, q(
SELECT count(*) FROM (SELECT message_id FROM campaign.dispatch GROUP BY 1 HAVING count(*) > 1) x)),
		'0', "$what: numbers of messages go on");

	is(as_owner($node, 'SELECT campaign_adopt()', $database), '3', "$what: all old runs are adopted");
	is(finish($node, $waiting, $database), 'succeeded', "$what: the waiting one goes on");
	is(as_owner($node, q(SELECT count(*) FROM campaign_claim('email', 10000)), $database),
		$pending, "$what: what was pending is handed out");
	as_owner($node, q(INSERT INTO customers VALUES (-1, 'N1', 'x@example.com', true, 1)), $database);
	$run = as_owner($node, q(SELECT campaign_start('newcomers')), $database);
	is(finish($node, $run, $database), 'succeeded', "$what: what was returned is looked up");
	is(as_owner($node, qq(SELECT max(rows) FROM campaign.flow_counts WHERE run_id = $run AND outcome = 'result'), $database),
		'1', "$what: and only what is new is returned");
	is(as_owner($node, q(SELECT count(*) FROM campaign.returned WHERE campaign = 'newcomers'), $database),
		'101', "$what: and remembered");
	is(as_owner($node, q(SELECT string_agg(source || ' ' || cardinality, ',') FROM campaign.links WHERE name = 'namesakes'), $database),
		$links, "$what: links are there");
	verify_clean($node, "$what: campaign_verify finds nothing", $database);
	is(as_owner($node, 'SELECT sum(opened), sum(bounced), sum(unsubscribed) FROM campaign.report', $database),
		'1|1|1', "$what: events are there");
	is(as_owner($node, "SELECT campaign_track('$token') = '', campaign_feedback($first + 2, 'opened', '2026-01-01')", $database),
		't|(1,0,0)', "$what: links that were sent before still work");
	is(as_owner($node, 'SELECT sum(unsubscribed) FROM campaign.report', $database),
		'2', "$what: and are counted");
}

my $before = digests($node, 'postgres');
my $names = digests($node, 'postgres', 1);
dump_database('postgres', "$folder/dump.sql");
restore($node, 'restored', "$folder/dump.sql", 'psql restores it without an error');
is(digests($node, 'restored', 1), $names, 'restore: every table and sequence is the same');
check_copy($node, 'restored', 'restore');

# The scheduler of the origin leaves by itself, as it has nothing to do.
$node->safe_psql('template1', 'CREATE DATABASE cloned TEMPLATE postgres');
is(digests($node, 'cloned'), $before, 'clone: every table and sequence is the same');
check_copy($node, 'cloned', 'clone');
is(digests($node, 'postgres'), $before, 'the origin has not changed');
is(as_owner($node, q(SELECT count(*) FROM campaign_claim('email', 10000))),
	$pending, 'the origin hands out what is pending');

# ------------------------ a server without the owner ----------------------

# Where the owner's oid is another role's, which must not take it for a right.

my $other = start_node('other');
$other->safe_psql('postgres', 'DROP EXTENSION campaign CASCADE; DROP OWNED BY ann; ALTER ROLE ann RENAME TO mallory');
is($other->safe_psql('postgres', q(SELECT 'mallory'::regrole::oid)),
	$node->safe_psql('postgres', q(SELECT 'ann'::regrole::oid)), 'a role has the oid the owner had elsewhere');
$other->safe_psql('postgres', 'CREATE DATABASE orphaned TEMPLATE template0');
$other->command_ok([ 'psql', '-Xq', '-o', '/dev/null', '-f', "$folder/dump.sql", 'orphaned' ],
	'psql restores what it can where the owner is missing');
is(digests($other, 'orphaned', 1), $names, '... and no row is lost');
is($other->safe_psql('orphaned', 'SELECT count(DISTINCT run_id) FROM campaign.run_progress'),
	'3', '... a superuser sees the runs');
$other->safe_psql('orphaned', 'GRANT USAGE ON SCHEMA campaign TO mallory');
is($other->safe_psql('orphaned', q(SELECT (SELECT count(*) FROM campaign.message), (SELECT count(*) FROM campaign.log),
	(SELECT count(*) FROM campaign.run_progress)), extra_params => [ '-U', 'mallory' ]),
	'0|0|0', '... the role with the oid sees nothing');
foreach my $call (q(campaign_claim('email')), q(campaign_export('waiting')), 'campaign_adopt()')
{
	my ($status, $output, $errors) = $other->psql('orphaned', "SELECT $call",
		extra_params => [ '-U', 'mallory', '-v', 'VERBOSITY=verbose' ]);
	like($errors, qr/ERROR:  (55000|42501)/, "... and is refused $call");
}
is($other->safe_psql('orphaned', 'SELECT campaign_adopt()'), '0', '... the superuser adopts none of them');
is($other->safe_psql('orphaned', 'SELECT count(*) FROM campaign.message', extra_params => [ '-U', 'mallory' ]),
	'0', '... and the role with the oid sees nothing then either');
$other->safe_psql('orphaned', q(
CREATE ROLE ann LOGIN;
GRANT USAGE ON SCHEMA campaign TO ann;
ALTER TABLE customers OWNER TO ann;
SELECT format('ALTER TABLE %s OWNER TO ann', oid::regclass) FROM pg_class
WHERE relnamespace = 'campaign_data'::regnamespace AND relkind = 'r' AND NOT relispartition \gexec
));
is($other->safe_psql('orphaned', 'SELECT campaign_adopt()'), '3', 'once the owner is there, all runs are adopted');
is(as_owner($other, q(SELECT campaign_template('word', body => 'next')), 'orphaned'), '4', '... and the templates are hers again');
is(as_owner($other, q(SELECT string_agg(name, ' ') FROM campaign.rules), 'orphaned'), 'cap', '... and the rules');
$other->safe_psql('orphaned', q(UPDATE campaign.task SET due_at = clock_timestamp() WHERE state = 'waiting'));
as_owner($other, "SELECT campaign_pause($waiting); SELECT campaign_resume($waiting)", 'orphaned');
is(finish($other, $waiting, 'orphaned'), 'succeeded', '... the waiting one goes on');
is(as_owner($other, q(SELECT count(*) FROM campaign_claim('email', 10000)), 'orphaned'),
	$pending, '... and what was pending is handed out');
verify_clean($other, '... and campaign_verify finds nothing', 'orphaned');
sound_log($other, 'no PANIC and no internal error in its log');
$other->stop;

# --------------------------- where functions live -------------------------

$node->safe_psql('postgres', 'CREATE DATABASE tidy');
$node->safe_psql('tidy', q(
CREATE SCHEMA tools;
CREATE EXTENSION campaign SCHEMA tools;
GRANT USAGE ON SCHEMA campaign, tools TO ann;
GRANT CREATE ON SCHEMA public TO ann;
ALTER DATABASE tidy SET search_path = public, tools;
));
make_people($node, 100, 'tidy');
make_campaign($node, 'c', wait => '1 millisecond', database => 'tidy');
my $run = as_owner($node, q(SELECT campaign_start('c')), 'tidy');
is(finish($node, $run, 'tidy'), 'succeeded', 'a run succeeds with functions in a schema of their own');
dump_database('tidy', "$folder/tidy.sql");
restore($node, 'tidier', "$folder/tidy.sql", 'psql restores it');
is(digests($node, 'tidier', 1), digests($node, 'tidy', 1), 'every table and sequence is the same');
is($node->safe_psql('tidier', q(SELECT pronamespace::regnamespace FROM pg_proc WHERE proname = 'campaign_start')),
	'tools', 'functions are where they were');

# -------------------------------- dropping --------------------------------

make_campaign($node, 'waiting', wait => '1 day', database => 'tidy');
$run = as_owner($node, q(SELECT campaign_start('waiting')), 'tidy');
is(as_owner($node, "SELECT campaign_wait($run)", 'tidy'), 'waiting', 'a run waits');
my ($status, $output, $errors) = $node->psql('tidy', 'DROP EXTENSION campaign');
like($errors, qr/cannot drop extension campaign because other objects depend on it.*HINT:  Use DROP \.\.\. CASCADE/s,
	'DROP EXTENSION needs CASCADE while runs have populations, and says so');
$node->safe_psql('tidy', 'DROP EXTENSION campaign CASCADE');
is($node->safe_psql('tidy', q(SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'campaign%')),
	'0', 'nothing is left after it');
sound_log($node, 'no PANIC and no internal error in the log');

$node->stop;
done_testing();
