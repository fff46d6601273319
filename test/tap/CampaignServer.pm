# CampaignServer: what the tests of workers need: a server with an owner and
# something to target, campaigns that can be held up, and questions to ask.
#
# A campaign is held up by a gate, an advisory lock that its filter waits for.
# A prepared transaction holds the lock, so a gate stays closed when the server
# is killed, and no session has to be kept open.
package CampaignServer;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(start_server prepare_database publish start_run close_gate open_gate
  wait_for wait_until_at wait_for_workers workers plant_fault fault_fired log_of);

# Starts a server with the given settings and database "shop" with role "owner".
sub start_server
{
	my ($name, $settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(allows_streaming => 1);
	$node->append_conf('postgresql.conf', "max_prepared_transactions = 10\ncampaign.scheduler_idle = '1s'\n" . ($settings // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE DATABASE shop');
	prepare_database($node, 'shop');
	return $node;
}

# Makes the extension and ten customers.
sub prepare_database
{
	my ($node, $database) = @_;
	$node->safe_psql($database, q{
		CREATE EXTENSION campaign;
		GRANT USAGE ON SCHEMA campaign TO owner;
		GRANT CREATE ON SCHEMA public TO owner;
		SET ROLE owner;
		CREATE TABLE customers (id bigint PRIMARY KEY, email text);
		INSERT INTO customers SELECT n, n || '@example.com' FROM generate_series(1, 10) n;
		CREATE FUNCTION gate(number bigint) RETURNS boolean LANGUAGE sql
			AS 'SELECT true FROM pg_advisory_xact_lock_shared(number)';
		SELECT campaign_dimension('customers', addresses => '{"email": "email"}')});
	return;
}

# Publishes a campaign with one audience, the filter of which is given, and an
# e-mail after it.
sub publish
{
	my ($node, $campaign, $filter, %option) = @_;
	$node->safe_psql($option{database} // 'shop', sprintf q{
		SET ROLE %s;
		SELECT campaign_create('%s', dimension => 'customers');
		SELECT campaign_add_audience('%2$s', 'all', filter => $filter$%s$filter$);
		SELECT campaign_add_email('%2$s', 'mail', after => 'all', subject => 'Hello', body => 'You');
		SELECT campaign_publish('%2$s')}, $option{role} // 'owner', $campaign, $filter);
	return;
}

# Starts a run and gives its number.
sub start_run
{
	my ($node, $campaign, %option) = @_;
	return $node->safe_psql($option{database} // 'shop', sprintf q{
		SET ROLE %s;
		SELECT campaign_start('%s')}, $option{role} // 'owner', $campaign);
}

sub close_gate
{
	my ($node, $number, $database) = @_;
	$node->safe_psql($database // 'shop', "BEGIN; SELECT pg_advisory_xact_lock($number); PREPARE TRANSACTION 'gate $number'");
	return;
}

sub open_gate
{
	my ($node, $number, $database) = @_;
	$node->safe_psql($database // 'shop', "COMMIT PREPARED 'gate $number'");
	return;
}

# Waits until the run is in that state.
sub wait_for
{
	my ($node, $run, $state, $label, $database) = @_;
	ok($node->poll_query_until($database // 'shop', "SELECT state FROM campaign.run WHERE run_id = $run", $state), $label);
	return;
}

# Waits until an executor is at that activity of the run.
sub wait_until_at
{
	my ($node, $run, $activity, $database) = @_;
	$node->poll_query_until($database // 'shop',
		"SELECT EXISTS (SELECT FROM campaign.executors() WHERE run_id = $run AND activity = '$activity')")
	  or die "no executor is at $activity of run $run";
	return;
}

# How many workers there are of a type: launcher, scheduler, executor.
sub workers
{
	my ($node, $type) = @_;
	return $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'campaign $type'");
}

# Waits until there are so many.
sub wait_for_workers
{
	my ($node, $type, $count, $label) = @_;
	ok($node->poll_query_until('postgres',
			"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'campaign $type'", $count), $label);
	return;
}

# Makes the server fail at a point, once.
sub plant_fault
{
	my ($node, $point, $action) = @_;
	my $folder = $node->data_dir . '/campaign_faults';
	mkdir $folder unless -d $folder;
	append_to_file("$folder/$point", $action);
	return;
}

sub fault_fired
{
	my ($node, $point) = @_;
	return !-e $node->data_dir . "/campaign_faults/$point";
}

# What the server has logged since an offset.
sub log_of
{
	my ($node, $offset) = @_;
	return substr(slurp_file($node->logfile), $offset // 0);
}

1;
