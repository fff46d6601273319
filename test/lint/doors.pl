# doors: what may be used in one file only, or nowhere.
use strict;
use warnings;
use lib 'test/lint';
use Tree;

for my $path (c_files())
{
	my $text = without_comments(read_file($path));
	my $code = without_comments($text, 1);
	report($path, $code, qr/\bSPI_\w+|executor\/spi\.h/, 'SPI is used in src/base/sql.c only') if $path ne 'src/base/sql.c';
	report($path, $text, qr/#\s*include\s*"executor\/spi\.h"/, 'SPI is used in src/base/sql.c only') if $path ne 'src/base/sql.c';
	report($path, $code, qr/\bPG_VERSION_NUM\b/, 'versions are told apart in src/base/compat.h only') if $path ne 'src/base/compat.h';
	report($path, $text, qr/%[-+ 0#]*[0-9*]*(?:\.[0-9*]+)?ll?[diuxXo]/, 'use INT64_FORMAT: the width of a long differs');
}

for my $path (sql_parts())
{
	my $text = read_file($path);
	$text =~ s/--[^\n]*//g;
	report($path, $text, qr/\bplpgsql\b/i, 'no PL/pgSQL in the extension');
	report($path, $text, qr/\bOR\s+REPLACE\b/i, 'OR REPLACE would take over an object of somebody else');
	report($path, $text, qr/\bIF\s+NOT\s+EXISTS\b/i, 'IF NOT EXISTS would take over an object of somebody else');
}
finish();

# Reports every match.
sub report
{
	my ($path, $text, $pattern, $what) = @_;
	while ($text =~ /($pattern)/g) { problem($path, line_at($text, $-[0]), "$1: $what") }
	return;
}
