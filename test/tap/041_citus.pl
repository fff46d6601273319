# If this failed, what campaigns come to would depend on which servers have the
# rows, or statements would bring the rows to one server that need not.
#
# It needs Citus, which nothing else here does.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $settings = q{
shared_preload_libraries = 'citus, campaign'
citus.node_conninfo = 'sslmode=disable'
citus.enable_version_checks = off
citus.shard_count = 4
max_prepared_transactions = 100
jit = off
};
my $coordinator = PostgreSQL::Test::Cluster->new('coordinator');
$coordinator->init;
$coordinator->start;
# What lies beside our own files is not listed by every server.
if ($coordinator->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'") eq '0' &&
	!glob("$ENV{CAMPAIGN_STAGE}/usr/share/postgresql/*/extension/citus.control"))
{
	plan skip_all => 'Citus is not installed: nothing was distributed';
}
$coordinator->append_conf('postgresql.conf', $settings);
$coordinator->restart;
my @workers = map { PostgreSQL::Test::Cluster->new("worker_$_") } 1, 2;
for my $worker (@workers)
{
	$worker->init;
	$worker->append_conf('postgresql.conf', $settings);
	$worker->start;
}

# Grows campaigns as role "owner", runs them and gives their results.
sub grown
{
	my ($database) = @_;
	my @options = (extra_params => [ '-U', 'owner' ], timeout => 600);
	$coordinator->safe_psql($database, slurp_file('test/scenario/grow.sql') . q{
		SELECT pg_temp.grow('grown_' || i, 10) FROM generate_series(1, 6) i;
		SELECT campaign_publish('grown_' || i) FROM generate_series(1, 6) i}, @options);
	$coordinator->safe_psql($database, qq{SELECT campaign_start('grown_$_') AS run \\gset
		SELECT campaign_wait(:run)}, @options) for 1 .. 6;
	return $coordinator->safe_psql($database, q{
		SELECT DISTINCT r.campaign, r.activity, r.state, r.error, f.outcome, f.rows FROM campaign.run_progress r
		LEFT JOIN campaign.flow_counts f ON f.run_id = r.run_id AND f.source = r.activity
		WHERE r.campaign LIKE 'grown%' ORDER BY 1, 2, 5;
		SELECT activity, sum(hashtext(recipient || status)::bigint) FROM campaign.message GROUP BY 1 ORDER BY 1}, @options);
}

# Runs the scenario as role "owner" and gives its results.
sub scenario
{
	my ($database, $distribute) = @_;
	my $tables = slurp_file('test/scenario/tables.sql') . $distribute;
	$coordinator->safe_psql($database, $tables, extra_params => [ '-U', 'owner' ]);
	$coordinator->safe_psql($database, slurp_file('test/scenario/campaigns.sql'), extra_params => [ '-U', 'owner' ], timeout => 600);
	return $coordinator->safe_psql($database, slurp_file('test/scenario/results.sql'), extra_params => [ '-U', 'owner' ]);
}

$_->safe_psql('postgres', 'CREATE EXTENSION citus') for $coordinator, @workers;
$coordinator->safe_psql('postgres', sprintf q{SELECT citus_set_coordinator_host('%s', %d)}, $coordinator->host, $coordinator->port);
$coordinator->safe_psql('postgres', sprintf q{SELECT citus_add_node('%s', %d)}, $_->host, $_->port) for @workers;
$coordinator->safe_psql('postgres', q{
	CREATE EXTENSION campaign;
	CREATE ROLE owner LOGIN;
	GRANT USAGE ON SCHEMA campaign TO owner;
	GRANT CREATE ON SCHEMA public TO owner;
	SELECT run_command_on_workers('GRANT USAGE ON SCHEMA campaign TO owner');
	SELECT run_command_on_workers('GRANT CREATE ON SCHEMA campaign_data TO owner');
	CREATE DATABASE near});
$coordinator->safe_psql('near', q{
	CREATE EXTENSION campaign;
	GRANT USAGE ON SCHEMA campaign TO owner;
	GRANT CREATE ON SCHEMA public TO owner});

note 'the same comes of campaigns';
my $near = scenario('near', '');
my $far = scenario('postgres', q{
	SELECT create_distributed_table('person', 'id');
	SELECT create_distributed_table('purchase', 'person_id', colocate_with => 'person')});
is($far, $near, 'wherever the rows are');
my $scenario = $near;
cmp_ok($coordinator->safe_psql('postgres', q{
	SELECT count(*) FROM campaign.flow_counts f JOIN pg_dist_partition p ON p.logicalrelid = f.relation::regclass}), '>', 40, 'populations are distributed');
is($coordinator->safe_psql('postgres', q{
	SELECT count(*) FROM campaign.flow_counts f JOIN pg_dist_partition p ON p.logicalrelid = f.relation::regclass
	WHERE p.colocationid <> (SELECT colocationid FROM pg_dist_partition WHERE logicalrelid = 'person'::regclass)}), 0, 'each beside its dimension');

$near = grown('near');
$far = grown('postgres');
cmp_ok(scalar(() = $near =~ /\|succeeded\|/g), '>', 80, 'campaigns grown by chance succeed');
unlike($near, qr/\|failed\|/, 'all of them');
is($far, $near, 'and come to the same');

note 'so does it if other servers keep the messages';
is($coordinator->safe_psql('postgres', 'SELECT max(epoch_id) FROM campaign.epoch; SELECT count(*) FROM campaign.dispatch_bucket'), "1\n0", 'which nothing does by itself');
my $twins = $coordinator->safe_psql('postgres', slurp_file('test/scenario/queue.sql'), timeout => 600);
my @compared = $twins =~ /^[a-z]+\|\d+\|(\d+)$/mg;
cmp_ok(scalar(@compared), '>', 50, 'what is said of two runs is compared, after each thing that is done with their messages');
is(join(' ', grep { $_ } @compared), '', 'and is the same');
is($coordinator->safe_psql('postgres', q{
	SELECT count(*) FROM pg_inherits i WHERE inhparent = 'campaign.dispatch_bucket'::regclass
	AND NOT EXISTS (SELECT FROM pg_dist_partition p WHERE p.logicalrelid = i.inhrelid);
	SELECT count(*) FROM pg_inherits WHERE inhparent = 'campaign.dispatch_bucket'::regclass}), "0\n1", 'partitions are distributed as they are made, and dropped when they are old');
is($coordinator->safe_psql('postgres', q{
	SELECT count(*) FROM run_command_on_workers('SELECT count(*) FROM pg_class WHERE relname ~ ''^dispatch_bucket_2''') WHERE result <> '0'}), 0, 'on all servers');

# Their messages go elsewhere, their rows are where they were.
$coordinator->safe_psql('postgres', q{SELECT campaign_drop('grown_' || i) FROM generate_series(1, 6) i}, extra_params => [ '-U', 'owner' ]);
$coordinator->safe_psql('postgres', slurp_file('test/scenario/drop.sql'), extra_params => [ '-U', 'owner' ]);
$far = scenario('postgres', q{
	SELECT create_distributed_table('person', 'id');
	SELECT create_distributed_table('purchase', 'person_id', colocate_with => 'person')});
is($far, $scenario, 'the scenario comes to the same');
is($coordinator->safe_psql('postgres', q{
	SELECT bool_and(distributed) FROM campaign.delivery d JOIN campaign.run r USING (run_id) JOIN campaign.campaign c USING (campaign_id) WHERE c.name LIKE 'delivering%'}), 't', 'with all its messages on other servers');
cmp_ok($coordinator->safe_psql('postgres', q{
	SELECT count(DISTINCT nodeport) FROM run_command_on_shards('campaign.dispatch_bucket', 'SELECT count(*) FROM %s') c
	JOIN pg_dist_shard_placement USING (shardid) WHERE c.result::bigint > 0}), '==', 2, 'on both of them');

note 'a claim asks one server';
$coordinator->safe_psql('postgres', q{
	SELECT campaign_create('sending', 'person');
	SELECT campaign_add_audience('sending', 'people');
	SELECT campaign_add_email('sending', 'mail', subject => 's', body => '{{ id }}', one_per_address => false, category => 'transactional', after => 'people');
	SELECT campaign_publish('sending')}, extra_params => [ '-U', 'owner' ]);
my $sending = $coordinator->safe_psql('postgres', q{SELECT campaign_start('sending') AS run \gset
	SELECT campaign_wait(:run) \g /dev/null
	SELECT :run}, extra_params => [ '-U', 'owner' ]);
my ($claimed, $said, $issued);
($claimed, $said, $issued) = $coordinator->psql('postgres', q{SET citus.log_remote_commands = on;
	SELECT count(DISTINCT message_id) FROM campaign_claim('email', 200)}, extra_params => [ '-U', 'owner' ]);
is($said, 200, 'as many as are wanted');
my @asked = $issued =~ /issuing SELECT .* FROM campaign\.dispatch_bucket/g;
is(scalar(@asked), scalar(() = $issued =~ /issuing (?:SELECT|UPDATE|INSERT|DELETE|WITH)/g), 'nothing but messages is asked for');
cmp_ok(scalar(@asked), '<=', 2, 'each chunk of one shard');
my @senders = map { $coordinator->background_psql('postgres', extra_params => [ '-U', 'owner' ]) } 1 .. 2;
$_->query_safe('BEGIN') for @senders;
my @given = map { $_->query_safe(q{SELECT message_id FROM campaign_claim('email', 100)}) } @senders;
$_->query_safe('COMMIT') for @senders;
$_->quit for @senders;
my %given = map { $_ => 1 } map { split /\n/ } @given;
is(scalar(keys %given), 200, 'two at once get different ones, without waiting for each other');
is($coordinator->safe_psql('postgres', "SELECT code, detail FROM campaign_verify($sending)"), '', 'and all is in order');

note 'rows stay where they are';
$coordinator->safe_psql('postgres', q{ALTER ROLE owner SET log_min_messages = debug1; ALTER SYSTEM SET campaign.max_executors = 1; SELECT pg_reload_conf()});

# Runs an activity behind the audience "people"; gives how often rows of an
# INSERT came to the coordinator, and how often they went from worker to worker.
sub way_of
{
	my ($name, $definition, $outcome) = @_;
	my $run = $coordinator->safe_psql('postgres', qq{
		SELECT campaign_create('$name', 'person');
		SELECT campaign_add_audience('$name', 'people', filter => 'town < 60');
		SELECT campaign_add_audience('$name', 'some', filter => 'score < 9');
		$definition;
		SELECT campaign_add_end('$name', 'over', after => '@{[$outcome // 'x']}');
		SELECT campaign_publish('$name')}, extra_params => [ '-U', 'owner' ]);
	my $before = -s $coordinator->logfile;
	my $state = $coordinator->safe_psql('postgres', qq{SELECT campaign_start('$name') AS run \\gset
		SELECT campaign_wait(:run)}, extra_params => [ '-U', 'owner' ]);
	is($state, 'succeeded', "$name: succeeds");
	my $log = slurp_file($coordinator->logfile, $before);
	return (scalar(() = $log =~ /Collecting INSERT \.\.\. SELECT results on coordinator/g),
		scalar(() = $log =~ /performing repartitioned INSERT \.\.\. SELECT/g));
}

my @stay = (
	[ audience => q{SELECT campaign_add_audience('audience', 'x', filter => 'EXISTS (SELECT FROM purchase p WHERE p.person_id = person.id AND p.total > 50)', after => 'people')} ],
	[ union => q{SELECT campaign_add_combine('union', 'x', operation => 'union', after => 'people, some')} ],
	[ intersection => q{SELECT campaign_add_combine('intersection', 'x', operation => 'intersection', after => 'people, some')} ],
	[ exclusion => q{SELECT campaign_add_combine('exclusion', 'x', operation => 'exclusion', after => 'people, some')} ],
	[ enrich => q{SELECT campaign_add_enrich('enrich', 'x', columns => '{"spent": "(SELECT sum(p.total) FROM purchase p WHERE p.person_id = person.id)", "twice": "score * 2"}', after => 'people')} ],
	[ shares => q{SELECT campaign_add_split('shares', 'x', '[{"name": "a", "percent": 30}, {"name": "b", "filter": "town > 20"}, {"name": "c"}]', after => 'people'); SELECT campaign_add_end('shares', 'a', after => 'x.a')}, 'x.b' ],
	[ saved => q{SELECT campaign_add_save_audience('saved', 'x', 'saved', mode => 'overwrite', after => 'people')} ]);
for my $case (@stay)
{
	my ($pulled, $repartitioned) = way_of(@$case);
	is("$pulled, $repartitioned", '0, 0', "$case->[0]: no row leaves its server");
}
# What has to know all rows before it can say anything of one.
my @pulled = (
	[ mailboxes => q{SELECT campaign_add_deduplicate('mailboxes', 'x', by => 'email', after => 'people')} ],
	[ numbers => q{SELECT campaign_add_split('numbers', 'x', '[{"name": "a", "number": 30}, {"name": "b"}]', after => 'people')}, 'x.a' ],
	[ incremental => q{SELECT campaign_add_incremental('incremental', 'x', history_days => 30, after => 'people')} ]);
for my $case (@pulled)
{
	my ($pulled) = way_of(@$case);
	cmp_ok($pulled, '>', 0, "$case->[0]: passes the coordinator");
}

note 'a template asks for rows of another distributed table';
$coordinator->safe_psql('postgres', q{
	SELECT campaign_create('asking', 'person');
	SELECT campaign_add_audience('asking', 'people');
	SELECT campaign_add_sms('asking', 'text', body => '{{ (SELECT count(*) FROM purchase p WHERE p.person_id = person.id) }}', category => 'transactional', after => 'people');
	SELECT campaign_publish('asking')}, extra_params => [ '-U', 'owner' ]);
$coordinator->safe_psql('postgres', q{SELECT campaign_start('asking') AS run \gset
	SELECT campaign_wait(:run)}, extra_params => [ '-U', 'owner' ]);
is($coordinator->safe_psql('postgres', q{SELECT state, sqlstate FROM campaign.run_progress WHERE campaign = 'asking' AND activity = 'text'}),
	'failed|0A000', 'which is refused');

note 'other servers';
my ($status, $output, $errors) = $workers[0]->psql('postgres', q{SELECT campaign_start('audience')});
like($errors, qr/campaigns are run by the coordinator of the cluster/, 'a worker starts no runs');
is($workers[0]->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('campaign scheduler', 'campaign executor')}), 0, 'and is quiet');
$workers[0]->stop('immediate');
$coordinator->safe_psql('postgres', q{SELECT campaign_start('audience') AS run \gset
	SELECT campaign_wait(:run, '2 minutes')}, extra_params => [ '-U', 'owner' ]);
isnt($coordinator->safe_psql('postgres', q{SELECT state FROM campaign.run_progress WHERE campaign = 'audience' AND activity = 'people' ORDER BY run_id DESC LIMIT 1}), 'succeeded', 'a run does not go on without one of them');
isnt($coordinator->psql('postgres', q{SELECT count(*) FROM campaign.message WHERE activity = 'mail'}, extra_params => [ '-U', 'owner' ]), 0, 'nor are messages read that it has');
$workers[0]->start;
is($coordinator->safe_psql('postgres', "SELECT count(*) > 0 FROM campaign.message WHERE run_id = $sending", extra_params => [ '-U', 'owner' ]), 't', 'they are there when it is back');
my $run = $coordinator->safe_psql('postgres', q{SELECT max(run_id) FROM campaign.run_progress WHERE campaign = 'audience'});
$coordinator->safe_psql('postgres', "SELECT campaign_retry($run)", extra_params => [ '-U', 'owner' ], on_error_stop => 0);
wait_for($coordinator, $run, 'succeeded', 'it goes on when that is back', 'postgres');

note 'nothing is left';
$coordinator->safe_psql('postgres', slurp_file('test/scenario/drop.sql'), extra_params => [ '-U', 'owner' ]);
is($workers[1]->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relkind = 'r' AND relname ~ '^r[1-4]_'}), 0, 'of populations on other servers');

done_testing();
