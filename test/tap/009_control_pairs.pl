# If this fails, two people who control one run at the same time get what no
# order of their commands would have given them, or a deadlock.
#
# For every state a run can be in, every pair of verbs is given in overlap: the
# second while the first has not committed.  What both answer, and what is
# there afterwards, must be what one of the two orders gives; it is compared
# with that order, carried out one after the other on a run like it.  If the
# first rolls back, it must be what the second alone gives.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my %verbs = (
	pause => 'campaign_pause(%d)',
	resume => 'campaign_resume(%d)',
	stop => 'campaign_stop(%d)',
	retry => 'campaign_retry(%d)',
	hurry => q{campaign_hurry(%d, 'later')},
	confirm => q{campaign_confirm(%d, 'mail')},
);

# How a run comes into a state: options of its activities, and what is done.
my %states = (
	pending => {},
	waiting => { work => 1, state => 'waiting' },
	paused => { work => 1, state => 'waiting', then => 'campaign_pause(%d)' },
	failed => { work => 1, filter => '1 / (id - id) = 1', state => 'failed' },
	confirming => { work => 1, duration => '1 millisecond', confirm => 'true', state => 'waiting', at => 'mail' },
	succeeded => { work => 1, duration => '1 millisecond', state => 'succeeded' },
);

my $node = start_node('pairs', "shared_preload_libraries = ''\ndeadlock_timeout = 10s\n");
my $made = 0;
make_people($node, 5);

# ------------------------------- sessions ---------------------------------

# A psql that stays: commands go in, an end mark says that all is answered.
sub open_session
{
	my ($name) = @_;
	my %session = (in => '', out => '', err => '', mark => 0, name => $name);
	my $connection = $node->connstr('postgres') . " user=ann application_name=$name";
	$session{process} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=sqlstate', '-d', $connection ],
		'<', \$session{in}, '>', \$session{out}, '2>', \$session{err}, IPC::Run::timeout(600));
	return \%session;
}

sub begin_command
{
	my ($session, $sql) = @_;
	$session->{mark}++;
	$session->{out} = $session->{err} = '';
	$session->{in} .= "$sql;\n\\echo end $session->{mark}\n\\warn end $session->{mark}\n";
	$session->{process}->pump_nb;
	return;
}

# What the command answered; an error by its SQLSTATE.
sub end_command
{
	my ($session) = @_;
	my $mark = "end $session->{mark}\n";
	$session->{process}->pump until $session->{out} =~ /\Q$mark\E/ && $session->{err} =~ /\Q$mark\E/;
	my $answer = join ' ', grep { !/^(?:end |NOTICE)/ } split /\n/, "$session->{out}$session->{err}";
	return $answer =~ s/ERROR:\s+/!/r;
}

sub answer_to
{
	my ($session, $sql) = @_;
	begin_command($session, $sql);
	return end_command($session);
}

# Waits until the second has answered, or waits for a lock.
sub wait_until_stuck
{
	my ($second, $watcher) = @_;
	my $mark = "end $second->{mark}\n";
	for (1 .. 20000)
	{
		$second->{process}->pump_nb;
		return if $second->{err} =~ /\Q$mark\E/;
		return if answer_to($watcher, "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$second->{name}' AND wait_event_type = 'Lock'") > 0;
		usleep(1000);
	}
	die "the second session neither answers nor waits\n";
}

my ($first, $second, $watcher) = map { open_session($_) } qw(first second watcher);

# --------------------------------- runs -----------------------------------

# A run of a campaign of its own, in that state.
sub make_run
{
	my ($how) = @_;
	my $campaign = 'c' . ++$made;
	my $run = answer_to($watcher, sprintf q(
SELECT FROM campaign_create('%1$s', dimension => 'customers');
SELECT FROM campaign_add_audience('%1$s', 'all', filter => '%2$s');
SELECT FROM campaign_add_wait('%1$s', 'later', after => 'all', duration => '%3$s');
SELECT FROM campaign_add('%1$s', 'mail', 'email', '{"subject": "s", "body": "b", "confirm": %4$s}', after => 'later');
SELECT FROM campaign_publish('%1$s');
SELECT campaign_start('%1$s')), $campaign, $how->{filter} // 'true', $how->{duration} // '1 day', $how->{confirm} // 'false');
	die "no run: $run\n" if $run =~ /!/ || $run !~ s/\D*(\d+)\s*$/$1/;
	bring($run, $how) if $how->{work};
	answer_to($watcher, 'SELECT ' . sprintf $how->{then}, $run) if $how->{then};
	return $run;
}

# Executes until the run is where it is wanted.
sub bring
{
	my ($run, $how) = @_;
	my $there = "SELECT count(*) FROM campaign.run_progress WHERE run_id = $run AND run_state = '$how->{state}'"
		. ($how->{at} ? " AND activity = '$how->{at}' AND state = 'waiting'" : '');
	for (1 .. 1000)
	{
		answer_to($watcher, 'CALL campaign_work()');
		return if answer_to($watcher, $there) > 0;
		usleep(1000);
	}
	die "run $run does not become $how->{state}\n";
}

# What is there: states, and what can be handed out.
sub outcome_of
{
	my ($run) = @_;
	return answer_to($watcher, qq(
SELECT run_state, string_agg(activity || ' ' || state, ', ' ORDER BY activity),
	(SELECT string_agg(DISTINCT status, ', ') FROM campaign.message m WHERE m.run_id = p.run_id),
	(SELECT string_agg(v.code, ', ') FROM campaign_verify($run) v)
FROM campaign.run_progress p WHERE run_id = $run GROUP BY run_id, run_state));
}

sub call
{
	my ($verb, $run) = @_;
	return 'SELECT ' . sprintf $verbs{$verb}, $run;
}

# One after the other, in the order given; the answers by verb's place.
sub in_order
{
	my ($how, @order) = @_;
	my $run = make_run($how);
	my %answers = map { $_->[0] => answer_to($second, call($_->[1], $run)) } @order;
	return join ' | ', (map { $answers{$_} } sort keys %answers), outcome_of($run);
}

# The second while the first is open, which then ends in that way.
sub in_overlap
{
	my ($how, $one, $other, $ending) = @_;
	my $run = make_run($how);
	my ($answer) = map { s/^\s+//r } answer_to($first, 'BEGIN; ' . call($one, $run));
	begin_command($second, call($other, $run));
	wait_until_stuck($second, $watcher);
	answer_to($first, $ending);
	my $late = end_command($second);
	return join ' | ', ($ending eq 'COMMIT' ? ($answer) : ()), $late, outcome_of($run);
}

# --------------------------------- pairs ----------------------------------

for my $state (sort keys %states)
{
	my $how = $states{$state};
	my %alone = map { $_ => in_order($how, [ 2, $_ ]) } keys %verbs;
	my @wrong;
	for my $one (sort keys %verbs)
	{
		for my $other (sort keys %verbs)
		{
			my $overlap = in_overlap($how, $one, $other, 'COMMIT');
			my $serial = in_order($how, [ 1, $one ], [ 2, $other ]);
			if ($overlap ne $serial)
			{
				my $reverse = in_order($how, [ 2, $other ], [ 1, $one ]);
				push @wrong, "$one, $other: $overlap\n  one after the other: $serial\n  in reverse: $reverse"
					if $overlap ne $reverse;
			}
			$overlap = in_overlap($how, $one, $other, 'ROLLBACK');
			push @wrong, "$one rolled back, $other: $overlap\n  alone: $alone{$other}" if $overlap ne $alone{$other};
		}
	}
	is(join("\n", @wrong), '', "$state: every pair of verbs equals one after the other");
}

my %distinct = map { in_order($states{waiting}, [ 1, $_ ]) => 1 } qw(pause stop hurry);
is(scalar keys %distinct, 3, 'and verbs do different things');
$_->{process}->finish for ($first, $second, $watcher);
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'nobody met a deadlock');
sound_log($node);
done_testing();
