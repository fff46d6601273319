# If this failed, scripts, views and senders of users would break: names,
# arguments, columns and states are what was agreed.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'pgTAP is not installed'
  unless -e (split /\n/, `pg_config --sharedir`)[0] . '/extension/pgtap.control';

my $node = PostgreSQL::Test::Cluster->new('contract');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION campaign; CREATE EXTENSION pgtap');

# Each file is a test of ours; what it says is shown if it fails.
for my $file (sort glob('test/pgtap/*.sql'))
{
	my $said;
	my $passed = run_log(
		[ 'pg_prove', '--verbose', '--host', $node->host, '--port', $node->port, '--dbname', 'postgres', $file ],
		'>', \$said, '2>&1');

	ok($passed, $file) or diag(join("\n", grep { !/^ok / } split(/\n/, $said)));
	like($said, qr/^ok 100\b/m, "$file says so about a hundred things");
}

# The states of the state machine, from the table of moves.
my %moves;
my $source = slurp_file('src/store/state.c');
while ($source =~ /\{CAMPAIGN_NOUN_(\w+), "(\w+)", "(\w+)"\}/g)
{
	$moves{ lc $1 }{$_} = 1 for $2, $3;
}
is_deeply([ sort keys %moves ], [qw(campaign run task)], 'three nouns have states');

# A column can hold the states of its noun; these are not moved to as yet, or
# shown only.
my %other = (
	campaign => [qw(stopped)],
	run => [qw(held)],
	task => [qw(running)]);
for my $noun (sort keys %moves)
{
	my $check = $node->safe_psql('postgres',
		"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = 'campaign.$noun'::regclass");
	my %allowed = map { $_ => 1 } $check =~ /'(\w+)'::text/g;

	is_deeply([ grep { !$allowed{$_} } sort keys %{ $moves{$noun} } ], [],
		"every state that a $noun moves to can be stored");
	is_deeply([ grep { !$moves{$noun}{$_} } sort keys %allowed ], $other{$noun},
		"the other states of a $noun are known");
}

$node->stop;
done_testing();
