# frozen: scripts of released versions are what they were, and the parts are
# those of the version that is being released.
use strict;
use warnings;
use lib 'test/lint';
use Digest::SHA qw(sha256_hex);
use Tree;

my ($version) = read_file('campaign.control') =~ /^default_version *= *'(.*)'/m;
my $line = 0;
for (split /\n/, read_file('sql/frozen'))
{
	my ($sum, $path) = /^([0-9a-f]{64})  (\S+)$/;

	$line++;
	if (!$path || !-e $path) { problem('sql/frozen', $line, 'names no script') }
	elsif (sha256_hex(read_file($path)) ne $sum) { problem($path, 1, 'is frozen and has changed') }
	elsif ($path eq "sql/campaign--$version.sql"
		&& read_file($path) ne join('', map { read_file($_) } sql_parts()))
	{
		problem($path, 1, 'is frozen and sql/parts is not the same');
	}
}
finish();
