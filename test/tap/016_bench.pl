# If this failed, make bench would compare a campaign with work that is not the
# same: each of its campaigns is run on little data, in two rounds, against its
# script and its single statement, and the results are held against each other.
use strict;
use warnings;
use lib 'test/tap';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('bench');
my $people = 1500;

$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE shop LOGIN SUPERUSER; CREATE DATABASE shop OWNER shop');
$node->safe_psql('shop', 'CREATE EXTENSION campaign; CREATE SCHEMA AUTHORIZATION shop');

# What a file prints, executed in front of the tables of a contender.
sub execute
{
	my ($schema, $file, @variables) = @_;
	local $ENV{PGOPTIONS} = "-c search_path=$schema,shop,public";
	my ($out, $err) = run_command([
		'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-v', "people=$people", (map { ('-v', $_) } @variables),
		'-f', $file, $node->connstr('shop') . ' user=shop']);
	is($err, '', "$file in $schema");
	return $out;
}

execute('shop', 'test/demo/customers.sql');
execute('shop', 'test/bench/data.sql', 'today=2025-11-03 00:00+00');
foreach my $folder (glob 'test/bench/campaigns/*')
{
	my ($campaign) = $folder =~ m{([^/]+)$};

	execute('shop', "$folder/campaign.sql");
	foreach my $round (1 .. 2)
	{
		$node->safe_psql('shop', 'TRUNCATE script.jobs, script.left_out, single.jobs, single.left_out,
			campaign.dispatch, campaign.chunk, campaign.exclusion');
		execute('shop', "$folder/next.sql") if -e "$folder/next.sql";
		execute('shop', 'test/bench/start.sql', "campaign=$campaign");
		execute($_, "$folder/$_.sql") foreach 'script', 'single';
		is(execute('shop', 'test/bench/compare.sql'), '', "$campaign: the three agree");
		cmp_ok($node->safe_psql('shop', 'SELECT count(*) FROM script.jobs'), '>', 0, "$campaign: somebody gets something");
	}
}
$node->stop;
done_testing();
