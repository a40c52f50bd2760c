/* Pull parser of XML text (grammar: init-run-tools.md 1.3, what Genode's own reader accepts). Owns no state. */
#include "xml.h"

enum { DEPTH_MAX = 32 };

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ':' || c == '.';
}

static bool starts(const char *at, const char *end, const char *text)
{
	while (*text && at < end && *at == *text)
		at++, text++;
	return !*text;
}

bool slice_equal(struct text_slice slice, const char *text)
{
	u32 n = 0;

	while (n < slice.bytes && text[n] && slice.at[n] == text[n])
		n++;
	return n == slice.bytes && !text[n];
}

static bool slices_equal(struct text_slice a, struct text_slice b)
{
	if (a.bytes != b.bytes)
		return false;
	for (u32 n = 0; n < a.bytes; n++)
		if (a.at[n] != b.at[n])
			return false;
	return true;
}

static const char *behind(const char *at, const char *end, const char *text)
{
	for (; at < end; at++)
		if (starts(at, end, text)) {
			while (*text)
				at++, text++;
			return at;
		}
	return end;
}

/* the next '<' that opens a tag; comments and processing instructions are passed over */
static const char *next_tag(const char *at, const char *end)
{
	while (at < end) {
		if (*at != '<')
			at++;
		else if (starts(at, end, "<!--"))
			at = behind(at + 4, end, "-->");
		else if (starts(at, end, "<?"))
			at = behind(at + 2, end, "?>");
		else
			return at;
	}
	return end;
}

struct tag {
	struct text_slice name;
	struct text_slice attributes;
	bool closing;
	bool empty;
	const char *end;
};

/* reads the tag at '<'; false if it does not end */
static bool read_tag(const char *at, const char *end, struct tag *tag)
{
	bool quoted = false;

	at++;
	tag->closing = at < end && *at == '/';
	if (tag->closing)
		at++;
	tag->name.at = at;
	while (at < end && name_character(*at))
		at++;
	tag->name.bytes = (u32)(at - tag->name.at);
	tag->attributes.at = at;
	for (; at < end && (quoted || *at != '>'); at++)
		if (*at == '"')
			quoted = !quoted;
	if (at >= end)
		return false;
	tag->empty = !tag->closing && at[-1] == '/';
	tag->attributes.bytes = (u32)(at - tag->attributes.at) - (tag->empty ? 1 : 0);
	tag->end = at + 1;
	return tag->name.bytes != 0;
}

static bool node_at(const char *at, const char *end, struct xml_node *node)
{
	struct tag tag;
	u32 depth = 1;

	if (at >= end || !read_tag(at, end, &tag) || tag.closing)
		return false;
	node->begin = at;
	node->tag = tag.name;
	node->attributes = tag.attributes;
	node->content.at = tag.end;
	node->content.bytes = 0;
	node->end = tag.end;
	if (tag.empty)
		return true;
	for (at = next_tag(tag.end, end); at < end; at = next_tag(tag.end, end)) {
		if (!read_tag(at, end, &tag))
			return false;
		if (tag.closing)
			depth--;
		else if (!tag.empty)
			depth++;
		if (depth == 0) {
			node->content.bytes = (u32)(at - node->content.at);
			node->end = tag.end;
			return slices_equal(tag.name, node->tag);
		}
	}
	return false;
}

bool xml_first_in(struct text_slice text, struct xml_node *node)
{
	const char *end = text.at + text.bytes;

	return node_at(next_tag(text.at, end), end, node);
}

bool xml_first(const struct xml_node *parent, struct xml_node *node)
{
	return xml_first_in(parent->content, node);
}

bool xml_next(const struct xml_node *parent, struct xml_node *node)
{
	const char *end = parent->content.at + parent->content.bytes;

	return node_at(next_tag(node->end, end), end, node);
}

bool xml_next_attribute(const struct xml_node *node, struct xml_attribute *attribute)
{
	const char *at = attribute->value.at ? attribute->value.at + attribute->value.bytes + 1 : node->attributes.at;
	const char *end = node->attributes.at + node->attributes.bytes;

	while (at < end && space(*at))
		at++;
	attribute->name.at = at;
	while (at < end && name_character(*at))
		at++;
	attribute->name.bytes = (u32)(at - attribute->name.at);
	if (!attribute->name.bytes || !starts(at, end, "=\""))
		return false;
	attribute->value.at = at += 2;
	while (at < end && *at != '"')
		at++;
	attribute->value.bytes = (u32)(at - attribute->value.at);
	return at < end;
}

bool xml_find(const struct xml_node *node, const char *name, struct text_slice *value)
{
	struct xml_attribute attribute = { .value = { NULL, 0 } };

	while (xml_next_attribute(node, &attribute))
		if (slice_equal(attribute.name, name)) {
			*value = attribute.value;
			return true;
		}
	return false;
}

static const char *attributes_fault(const struct xml_node *node, const char **where)
{
	struct xml_attribute attribute = { .value = { NULL, 0 } };
	const char *at = node->attributes.at, *end = at + node->attributes.bytes;

	while (xml_next_attribute(node, &attribute))
		at = attribute.value.at + attribute.value.bytes + 1;
	while (at < end && space(*at))
		at++;
	*where = at;
	return at == end ? NULL : "attributes have the form name=\"value\"";
}

static const char *check(const struct xml_node *node, const char **where, u32 depth)
{
	const char *fault = attributes_fault(node, where), *end = node->content.at + node->content.bytes, *at = node->content.at;
	struct xml_node inner;

	if (fault)
		return fault;
	*where = node->begin;
	if (depth == DEPTH_MAX)
		return "nodes are nested too deeply";
	while ((at = next_tag(at, end)) < end) {
		*where = at;
		if (!node_at(at, end, &inner))
			return "a node is not closed";
		fault = check(&inner, where, depth + 1);
		if (fault)
			return fault;
		at = inner.end;
	}
	return NULL;
}

const char *xml_check(const struct xml_node *root, const char **where)
{
	return check(root, where, 0);
}

u32 xml_line(const char *text, const char *at)
{
	u32 line = 1;

	for (; text < at; text++)
		if (*text == '\n')
			line++;
	return line;
}

struct entity {
	const char *name;
	char character;
};

static const struct entity entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' } };

/* bytes read at `at`, which stand for the one character that is written */
static u32 decode(const char *at, const char *end, char *character)
{
	for (u32 n = 0; n < ARRAY_LENGTH(entities); n++)
		if (starts(at, end, entities[n].name)) {
			u32 bytes = 0;

			while (entities[n].name[bytes])
				bytes++;
			*character = entities[n].character;
			return bytes;
		}
	*character = *at;
	return 1;
}

void slice_copy(struct text_slice slice, char *to, u32 bytes)
{
	const char *at = slice.at, *end = slice.at + slice.bytes;

	if (!bytes)
		return;
	for (; at < end && bytes > 1; to++, bytes--)
		at += decode(at, end, to);
	*to = '\0';
}
