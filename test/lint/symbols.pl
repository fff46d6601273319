# symbols: the library exports what PostgreSQL needs and names that begin with campaign_.
# CAMPAIGN_LIBRARY names the library; without it ./campaign.so is looked at if built.
use strict;
use warnings;
use lib 'test/lint';
use Tree;

my $library = $ENV{CAMPAIGN_LIBRARY} // 'campaign.so';
if (!-e $library)
{
	exit 0 unless defined $ENV{CAMPAIGN_LIBRARY};
	problem($library, 0, 'there is no such library');
	finish();
}
open my $nm, '-|', 'nm', '-D', '--defined-only', $library or die "nm: $!\n";
my $seen = 0;
while (<$nm>)
{
	my ($name) = /(\S+)$/ or next;
	$seen++;
	problem($library, 0, "exports $name") unless $name =~ /^(campaign_\w+|pg_finfo_\w+|_PG_init|Pg_magic_func)$/;
}
close $nm or problem($library, 0, 'nm cannot read it');
problem($library, 0, 'exports nothing') unless $seen;
finish();
