# comments: every object of the install script is described with COMMENT ON.
use strict;
use warnings;
use lib 'test/lint';
use Tree;

my $name = qr/(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?/;
my %described;
my @created;

for my $path (sql_parts())
{
	my $text = read_file($path);
	$text =~ s/(--[^\n]*|'(?:[^']|'')*'|(\$\w*\$).*?\2)/(my $t = $1) =~ s{[^\n]}{ }g; $t/gse;
	while ($text =~ /\bCOMMENT\s+ON\s+(FUNCTION|PROCEDURE|VIEW|TABLE|TYPE|DOMAIN)\s+($name)/gi)
	{
		$described{ lc "$1 $2" }++;
	}
	while ($text =~ /\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+)?(FUNCTION|PROCEDURE|VIEW|TABLE|TYPE|DOMAIN)\s+($name)(\s+PARTITION\s+OF)?/gi)
	{
		push @created, [ $path, line_at($text, $-[0]), lc "$1 $2" ] unless $3;
	}
}
# Functions of one name have one comment each.
for (@created)
{
	my ($path, $line, $object) = @$_;
	problem($path, $line, "$object has no comment") if ($described{$object} // 0) <= 0;
	$described{$object}--;
}
finish();
