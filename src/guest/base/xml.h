/* XML as Genode writes its configurations: nodes, attributes in double quotes, comments. Read in place: a node is a piece of the text,
 * which has to stay where it is. Text between nodes is skipped; nothing is allocated. */
#pragma once

#include "types.h"

struct text_slice {
	const char *at;
	u32 bytes;
};

struct xml_node {
	struct text_slice tag;
	struct text_slice attributes;
	/* between start tag and end tag; empty for <tag/> */
	struct text_slice content;
	/* first character of the node and the one behind it */
	const char *begin;
	const char *end;
};

struct xml_attribute {
	struct text_slice name;
	struct text_slice value;
};

/* the first node of the text; false if there is none or if it does not end within the text */
bool xml_first_in(struct text_slice text, struct xml_node *node);

/* sub nodes in order; false behind the last one */
bool xml_first(const struct xml_node *parent, struct xml_node *node);
bool xml_next(const struct xml_node *parent, struct xml_node *node);

/* false when there is no such attribute; values are as written, entities included */
bool xml_find(const struct xml_node *node, const char *name, struct text_slice *value);

/* attributes in order: start with a zeroed attribute; false behind the last one */
bool xml_next_attribute(const struct xml_node *node, struct xml_attribute *attribute);

/* null if everything inside the root is well-formed, else what is wrong; `where` gets the place */
const char *xml_check(const struct xml_node *root, const char **where);

/* line of a place, from 1 */
u32 xml_line(const char *text, const char *at);

bool slice_equal(struct text_slice slice, const char *text);

/* terminated copy, cut off, with the five named entities decoded */
void slice_copy(struct text_slice slice, char *to, u32 bytes);
