# settings: every setting stands in alphabetical order and in docs/reference.md.
use strict;
use warnings;
use lib 'test/lint';
use Tree;

my $source = 'src/base/settings.c';
my $manual = 'docs/reference.md';
finish() unless -e $source;

my $text = without_comments(read_file($source));
my $documented = -e $manual ? read_file($manual) : '';
my ($last, $count) = ('', 0);
while ($text =~ /\bDefineCustom(?:Bool|Int|Real|String|Enum)Variable\s*\(\s*"([^"]*)"/g)
{
	my ($name, $line) = ($1, line_at($text, $-[0]));
	$count++;
	problem($source, $line, "$name does not begin with campaign.") unless $name =~ /^campaign\./;
	problem($source, $line, "$name stands after $last") if $name lt $last;
	problem($source, $line, "$name is not in $manual") unless $documented =~ /\Q$name\E\b/;
	$last = $name;
}
problem($source, 1, 'defines no setting') unless $count;
for my $path (grep { $_ ne $source } c_files())
{
	my $other = without_comments(read_file($path), 1);
	problem($path, line_at($other, $-[0]), 'settings are defined in src/base/settings.c') while $other =~ /\bDefineCustom\w+Variable\b/g;
}
finish();
