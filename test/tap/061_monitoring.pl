# If this failed, a query of docs/monitoring.md, of an exporter or of the
# dashboard would break with a column that was renamed, or show nothing.
use strict;
use warnings FATAL => 'all';

use CPAN::Meta::YAML;
use CampaignTest;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('monitoring', "shared_preload_libraries = 'campaign'\n");

# Runs in all conditions, with messages sent, opened and due.
make_people($node, 200);
as_owner($node, q(
SELECT campaign_create('fails', dimension => 'customers', settings => '{"supervisors": ["ops@example.com"]}');
SELECT campaign_add_audience('fails', 'people', filter => '1 / (score - score) = 1');
SELECT campaign_publish('fails');
SELECT campaign_start('fails')));
make_campaign($node, 'waits', wait => '1 day');
my $run = as_owner($node, q(SELECT campaign_start('waits')));
as_owner($node, "SELECT campaign_wait($run)");
as_owner($node, q(
CREATE TABLE claimed AS SELECT * FROM campaign_claim('email', 100);
SELECT campaign_ack(lease) FROM (SELECT DISTINCT lease FROM claimed) c;
SELECT campaign_feedback(message_id, 'opened') FROM claimed));
$node->poll_query_until('postgres', q(SELECT count(*) = 1 FROM campaign_health() WHERE code = 'failed')) or die 'nothing has failed';

# Who may look at both and do nothing.
$node->safe_psql('postgres', 'CREATE ROLE monitor LOGIN; GRANT USAGE ON SCHEMA campaign TO monitor; GRANT pg_read_all_stats TO monitor');
as_owner($node, q(SELECT campaign_grant(campaign, 'monitor', 'view') FROM campaign.privileges WHERE privilege = 'owner' AND pg_has_role(grantee, 'USAGE')));

# Columns and number of rows of a query, as that role; undef and the error if it breaks.
sub look
{
	my ($sql) = @_;

	$sql =~ s/[;\s]+$//;
	my ($status, $out, $err) = $node->psql('postgres', "\\pset tuples_only off\n\\pset footer off\n$sql\n;", extra_params => [ '-U', 'monitor' ], on_error_stop => 1);
	return (undef, $err) if $status != 0;
	my ($columns, @rows) = split /\n/, $out;
	return ($columns, scalar @rows);
}

# Every query there is: [where, text, columns it must have].
sub queries
{
	my @found;
	my $document = slurp_file('docs/monitoring.md');

	for my $block ($document =~ /^```sql\n(.*?)^```$/msg)
	{
		push @found, map { [ 'docs/monitoring.md', $_ ] } grep { /\S/ } split /;\n/, $block;
	}

	my $yaml = CPAN::Meta::YAML->read('monitoring/sql_exporter.yml')->[0];
	my %text = map { ($_->{query_name} => $_->{query}) } @{ $yaml->{queries} };
	push @found, [ "sql_exporter.yml: $_->{metric_name}", $text{ $_->{query_ref} }, @{ $_->{key_labels} // [] }, @{ $_->{values} } ]
	  for @{ $yaml->{metrics} };
	$yaml = CPAN::Meta::YAML->read('monitoring/postgres_exporter.yml')->[0];
	push @found, [ "postgres_exporter.yml: $_", $yaml->{$_}{query}, map { keys %$_ } @{ $yaml->{$_}{metrics} } ] for sort keys %$yaml;
	$yaml = CPAN::Meta::YAML->read('monitoring/pgwatch.yml')->[0];
	push @found, [ "pgwatch.yml: $_", $yaml->{metrics}{$_}{sqls}{15}, 'epoch_ns', @{ $yaml->{metrics}{$_}{gauges} } ] for sort keys %{ $yaml->{metrics} };

	my $dashboard = decode_json(slurp_file('monitoring/grafana.json'));
	for my $panel (@{ $dashboard->{panels} })
	{
		push @found, map { [ "grafana.json: $panel->{title}", $_->{rawSql}, $_->{format} eq 'time_series' ? 'time' : () ] } @{ $panel->{targets} };
	}
	push @found, map { [ "grafana.json: variable $_->{name}", $_->{query} ] } grep { $_->{type} eq 'query' } @{ $dashboard->{templating}{list} };
	return map { [ $_->[0], as_grafana_asks($_->[1]), @$_[ 2 .. $#$_ ] ] } @found;
}

# What Grafana makes of its macros.
sub as_grafana_asks
{
	my ($sql) = @_;

	$sql =~ s/\$__timeFilter\((\w+)\)/$1 BETWEEN now() - interval '1 day' AND now() + interval '1 minute'/g;
	$sql =~ s/\$\{campaign:sqlstring\}/'waits', 'fails'/g;
	return $sql;
}

my @queries = queries();
cmp_ok(scalar @queries, '>', 40, 'there are queries');
for my $query (@queries)
{
	my ($where, $sql, @columns) = @$query;
	my ($names, $rows) = look($sql);

	ok(defined $names, $where) or do { diag("$sql\n$rows"); next };
	unlike($sql, qr/\$[{_]/, '... no macro is left');
	cmp_ok($rows, '>', 0, '... has something to show') or diag($sql);
	my %has = map { $_ => 1 } map { (my $plain = $_) =~ s/^tag_//; $_, $plain } split /\|/, $names;
	is(join(' ', grep { !$has{$_} } @columns), '', '... has the columns that are asked for');
}

# That the above would be seen.
for my $column ([ 'open_queue', 'oldest' ], [ 'open_progress', 'run_state' ], [ 'report_by_hour', 'clicked' ], [ 'log', 'level' ])
{
	my ($relation, $name) = @$column;
	my $kind = $relation eq 'log' ? 'TABLE' : 'VIEW';

	$node->safe_psql('postgres', "ALTER $kind campaign.$relation RENAME COLUMN $name TO another");
	my @broken = grep { my ($names) = look($_->[1]); !defined $names } grep { $_->[1] =~ /\b$relation\b/ } @queries;
	cmp_ok(scalar @broken, '>', 0, "a query breaks without $relation.$name");
	$node->safe_psql('postgres', "ALTER $kind campaign.$relation RENAME COLUMN another TO $name");
}

# It may look, and nothing else.
my ($status) = $node->psql('postgres', "SELECT campaign_stop($run)", extra_params => [ '-U', 'monitor' ]);
isnt($status, 0, 'who looks stops nothing');
sound_log($node, 'no PANIC and no internal error in the log');
$node->stop;
done_testing();
