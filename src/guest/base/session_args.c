/* Reading of session arguments; the first match of a key wins, quoted text is skipped. */
#include "session_args.h"

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static u32 number(const char *text)
{
	u32 base = 10, value = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	while (*text && (u32)digit_of(*text) < base)
		value = value * base + (u32)digit_of(*text++);
	switch (*text) {
	case 'K': return value << 10;
	case 'M': return value << 20;
	case 'G': return value << 30;
	default: return value;
	}
}

/* the character behind `key`, if the name at `text` is exactly that; else null */
static const char *behind_key(const char *text, const char *key)
{
	while (*key && *text == *key)
		text++, key++;
	return *key || name_character(*text) ? NULL : text;
}

u32 session_arg_number(const char *args, const char *key, u32 missing)
{
	bool at_start = true, quoted = false;

	for (; *args; args++) {
		const char *value = at_start && !quoted ? behind_key(args, key) : NULL;

		while (value && *value == ' ')
			value++;
		if (value && *value == '=')
			return number(value[1] == ' ' ? value + 2 : value + 1);
		if (*args == '"')
			quoted = !quoted;
		at_start = !quoted && (*args == ',' || (at_start && *args == ' '));
	}
	return missing;
}
