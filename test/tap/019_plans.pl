# If this fails, statements on large sets wait for memory: the planner takes a
# search in a large hash table for as cheap as one in a small table, and has no
# statistics of sets that are taken together.
use strict;
use warnings FATAL => 'all';
use lib 'test/tap';
use CampaignServer;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server('plans', q{
shared_preload_libraries = 'campaign, auto_explain'
auto_explain.log_min_duration = 0
max_parallel_workers_per_gather = 0
autovacuum = off
});

# Runs the campaign; gives the plans of its statements on the people.
sub plans_of
{
	my ($campaign) = @_;
	my $before = -s $node->logfile;

	wait_for($node, start_run($node, $campaign), 'succeeded', "$campaign: done");
	return join '', grep { /people/ } slurp_file($node->logfile, $before) =~ /plan:\n((?:\t.*\n)+)/g;
}

$node->safe_psql('shop', q{
	SET ROLE owner;
	CREATE TABLE people (id bigint PRIMARY KEY, email text);
	INSERT INTO people SELECT n, NULL FROM generate_series(1, 400000) AS n;
	CREATE TABLE orders (person bigint NOT NULL, total int NOT NULL);
	INSERT INTO orders SELECT 1 + n::bigint * 7919 % 400000, n % 100 FROM generate_series(1, 400000) AS n;
	SELECT campaign_dimension('people', addresses => '{"email": "email"}');
});
$node->safe_psql('shop', 'VACUUM ANALYZE people, orders');

# An audience is written for two who read it, so that its statement is its own.
$node->safe_psql('shop', q{
	SET ROLE owner;
	SELECT campaign_create('all', dimension => 'people');
	SELECT campaign_add_audience('all', 'buyers', filter => 'EXISTS (SELECT FROM orders o WHERE o.person = people.id)');
	SELECT campaign_add_audience('all', 'odd', filter => 'id % 2 = 1', after => 'buyers');
	SELECT campaign_add_audience('all', 'even', filter => 'id % 2 = 0', after => 'buyers');
	SELECT campaign_add_combine('all', 'both', operation => 'union', after => 'odd, even');
	SELECT campaign_add_email('all', 'mail', after => 'both', subject => 'Hello', body => 'You');
	SELECT campaign_publish('all')});

like(plans_of('all'), qr/Hash Semi Join/, 'what is asked for as often as it has rows is hashed');
# As if there were ten times as many people, and so searches.
$node->safe_psql('shop', q{UPDATE pg_class SET reltuples = 4000000 WHERE oid = 'people'::regclass});
my $many = plans_of('all');
unlike($many, qr/Hash Semi Join|Hash Join/, 'what is asked for more often is not');
like($many, qr/Merge Semi Join|Merge Join/, 'but merged');
my ($rows) = $many =~ /GroupAggregate  \(cost=\S+ rows=(\d+).*\n.*Group Key.*\n.*Merge Append/;
ok($rows, 'sets are merged in the order of their keys');
cmp_ok($rows, '>', 300000, 'the planner knows how many keys there are');
is($node->safe_psql('shop', q{SELECT f.rows FROM campaign.flow AS f JOIN campaign.run USING (run_id)
		JOIN campaign.campaign USING (campaign_id) WHERE name = 'all' AND source = 'both' AND outcome = 'result' ORDER BY run_id DESC LIMIT 1}),
	400000, 'everybody is there');

$node->stop;
done_testing();
