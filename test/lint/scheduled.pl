# scheduled: every test has a place in a schedule and an expectation, and the
# other way round; no two tests share an expectation.
use strict;
use warnings;
use lib 'test/lint';
use Tree;

my (%scheduled, %regress, %isolation);

for my $schedule ('test/schedule', 'test/schedule_faults')
{
	my $line = 0;
	next unless -e $schedule;
	for (split /\n/, read_file($schedule))
	{
		$line++;
		next unless s/^test:\s*//;
		for my $name (split)
		{
			problem($schedule, $line, "$name stands twice") if $scheduled{$name}++;
			problem($schedule, $line, "there is no test/sql/$name.sql") unless -e "test/sql/$name.sql";
		}
	}
}
for my $path (glob('test/sql/*.sql'))
{
	my ($name) = $path =~ m{([^/]+)\.sql$};
	$regress{$name} = $path;
	problem($path, 1, 'is in no schedule') unless $scheduled{$name};
}
for my $path (glob('test/isolation/specs/*.spec'))
{
	my ($name) = $path =~ m{([^/]+)\.spec$};
	$isolation{$name} = $path;
	problem($path, 1, "shares expected/$name.out with test/sql/$name.sql") if $regress{$name};
}
for my $path (sort(values %regress, values %isolation))
{
	my ($name) = $path =~ m{([^/]+)\.\w+$};
	problem($path, 1, "there is no expected/$name.out") unless -s "expected/$name.out";
}
for my $path (glob('expected/*.out'))
{
	my ($name) = $path =~ m{([^/]+?)(?:_[0-9])?\.out$};
	my ($whole) = $path =~ m{([^/]+)\.out$};
	problem($path, 1, 'belongs to no test') unless grep { $regress{$_} || $isolation{$_} } $name, $whole;
}
for my $path (glob('test/tap/*'))
{
	problem($path, 1, 'would not be run: TAP tests are named NNN_noun.pl') unless $path =~ m{/(?:\d{3}_\w+\.pl|\w+\.pm)$};
}
finish();
