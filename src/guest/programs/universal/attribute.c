/* Values of attributes: texts, numbers as sums of terms, and names of things. Owns no state. */
#include "run.h"

#include "log.h"
#include "memory.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) || c == '_' || c == '-' || c == '.';
}

bool attribute_present(const struct xml_node *node, const char *name)
{
	struct text_slice value;

	return xml_find(node, name, &value);
}

bool attribute_is(const struct xml_node *node, const char *name, const char *value)
{
	struct text_slice found;

	return xml_find(node, name, &found) && slice_equal(found, value);
}

bool attribute_text(struct run *run, const struct xml_node *node, const char *name, char *to, u32 bytes)
{
	struct text_slice value;

	if (!xml_find(node, name, &value))
		return fail(run, "attribute '%s' is missing", name);
	slice_copy(value, to, bytes);
	return true;
}

static u32 digit_value(char c)
{
	if (digit(c))
		return (u32)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (u32)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (u32)(c - 'A') + 10 : 16;
}

/* 12, 0x1f, 4K, 1M */
static bool read_number(const char **at, u32 *value)
{
	u32 base = 10;

	if ((*at)[0] == '0' && (*at)[1] == 'x') {
		base = 16;
		*at += 2;
	}
	for (*value = 0; digit_value(**at) < base; (*at)++)
		*value = *value * base + digit_value(**at);
	switch (**at) {
	case 'K': *value <<= 10; (*at)++; break;
	case 'M': *value <<= 20; (*at)++; break;
	case 'G': *value <<= 30; (*at)++; break;
	}
	return !name_character(**at);
}

/* names that belong to the call being served go before things */
static bool named_value(struct run *run, const char *name, u32 *value)
{
	struct served *served = run->served;
	struct thing *thing;

	if (served) {
		if (text_equal(name, "argument")) {
			*value = served->argument;
			return true;
		}
		if (text_equal(name, "answer")) {
			*value = served->answer;
			return true;
		}
		if (text_equal(name, "calls")) {
			*value = served->calls;
			return true;
		}
		if (text_equal(name, "session")) {
			*value = served->session;
			return true;
		}
	}
	thing = thing_find(name);
	if (!thing)
		return fail(run, "there is nothing named '%s'", name);
	*value = thing->value;
	return true;
}

static bool read_term(struct run *run, const char **at, u32 *value)
{
	char name[THING_NAME_BYTES];
	u32 length = 0;

	if (digit(**at))
		return read_number(at, value) || fail(run, "not a number");
	/* a dash is part of names, but in a sum it subtracts */
	while (name_character(**at) && **at != '-' && length < sizeof(name) - 1)
		name[length++] = *(*at)++;
	name[length] = '\0';
	if (!length)
		return fail(run, "a number or a name is missing");
	return named_value(run, name, value);
}

static bool evaluate(struct run *run, const char *at, u32 *value)
{
	u32 term;

	*value = 0;
	for (char operator = *at == '-' ? *at++ : '+';; operator = *at++) {
		while (*at == ' ')
			at++;
		if (!read_term(run, &at, &term))
			return false;
		*value = operator == '+' ? *value + term : operator == '-' ? *value - term : *value * term;
		while (*at == ' ')
			at++;
		if (!*at)
			return true;
		if (*at != '+' && *at != '-' && *at != '*')
			return fail(run, "unexpected '%s'", at);
	}
}

bool attribute_number(struct run *run, const struct xml_node *node, const char *name, u32 *value)
{
	char text[FAILURE_BYTES];

	return attribute_text(run, node, name, text, sizeof(text)) && evaluate(run, text, value);
}

bool attribute_number_or(struct run *run, const struct xml_node *node, const char *name, u32 missing, u32 *value)
{
	*value = missing;
	return !attribute_present(node, name) || attribute_number(run, node, name, value);
}

bool attribute_thing(struct run *run, const struct xml_node *node, const char *name, enum thing_kind kind, struct thing **thing)
{
	char text[THING_NAME_BYTES];

	if (!attribute_text(run, node, name, text, sizeof(text)))
		return false;
	*thing = thing_find(text);
	if (!*thing)
		return fail(run, "there is nothing named '%s'", text);
	if (kind != THING_ANY && (*thing)->kind != kind)
		return fail(run, "'%s' is a %s, not a %s", text, thing_kind_name((*thing)->kind), thing_kind_name(kind));
	return true;
}

bool attribute_thing_or(struct run *run, const struct xml_node *node, const char *name, enum thing_kind kind, struct thing **thing)
{
	return !attribute_present(node, name) || attribute_thing(run, node, name, kind, thing);
}

bool attribute_store(struct run *run, const struct xml_node *node, const char *name, u32 value)
{
	char text[THING_NAME_BYTES];
	struct thing *variable;

	if (!attribute_present(node, name))
		return true;
	if (!attribute_text(run, node, name, text, sizeof(text)))
		return false;
	variable = thing_variable(text);
	if (!variable)
		return fail(run, "'%s' cannot be a variable", text);
	variable->value = value;
	return true;
}

/* what stands between braces, at `at`, into `to`; false without closing brace or with an unknown name */
static bool replace(struct run *run, const char **at, char *to, u32 bytes)
{
	char name[THING_NAME_BYTES];
	u32 length = 0, value;
	bool hexadecimal = false;

	while (name_character(**at) && length < sizeof(name) - 1)
		name[length++] = *(*at)++;
	name[length] = '\0';
	if ((*at)[0] == ':' && (*at)[1] == 'x') {
		hexadecimal = true;
		*at += 2;
	}
	if (**at != '}')
		return fail(run, "'{' without a name and '}'");
	(*at)++;
	if (run->served && text_equal(name, "label")) {
		print_text(to, bytes, "%s", run->served->label);
		return true;
	}
	if (!named_value(run, name, &value))
		return false;
	print_text(to, bytes, hexadecimal ? "%x" : "%u", value);
	return true;
}

bool attribute_formatted(struct run *run, const struct xml_node *node, const char *name, char *to, u32 bytes)
{
	char text[TEXT_BYTES];
	u32 used = 0;

	if (!attribute_text(run, node, name, text, sizeof(text)))
		return false;
	for (const char *at = text; *at && used + 1 < bytes;) {
		if (*at != '{') {
			to[used++] = *at++;
			continue;
		}
		at++;
		if (!replace(run, &at, to + used, bytes - used))
			return false;
		while (to[used])
			used++;
	}
	to[used] = '\0';
	return true;
}
