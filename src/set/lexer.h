/*
 * lexer.h
 *		Where an SQL expression inside of another text ends.
 */
#ifndef CAMPAIGN_SET_LEXER_H
#define CAMPAIGN_SET_LEXER_H

extern const char *campaign_lexer_find_end(const char *p, const char *end);
/*
 * What follows the string, quoted name, comment, word or other byte at p; NULL
 * if that has no end.
 */
extern const char *campaign_lexer_skip(const char *p, const char *end);
extern bool campaign_lexer_begins_word(char c);
extern bool campaign_lexer_continues_word(char c);
extern bool campaign_lexer_is_space(char c);

#endif							/* CAMPAIGN_SET_LEXER_H */
