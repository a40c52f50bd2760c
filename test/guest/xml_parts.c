/* Checks the guest library's XML reader and label reader, as a Linux program for qemu-arm.
 * Leaves with 1 after the number of the first line whose check failed, or with 0. */
#include "check.h"
#include "division.h"
#include "memory.h"
#include "print.h"
#include "session_label.h"
#include "xml.h"

static struct text_slice slice(const char *text)
{
	return (struct text_slice){ text, text_length(text) };
}

static const char *const document =
	"<?xml version=\"1.0\"?>\n"
	"<!-- <config> in a comment -->\n"
	"<config verbose=\"yes\" text=\"a &lt;b&gt; &amp; &quot;c&quot; &other;\">\n"
	"\t<empty/>\n"
	"\t<!-- > \" -->\n"
	"\t<deep name=\"x > y\"> text <deep><deep/></deep> </deep>\n"
	"\t<last a=\"1\" b=\"2\"/>\n"
	"</config> behind";

static void check_nodes(void)
{
	struct xml_node root, node, inner;
	const char *where = NULL;

	CHECK(xml_first_in(slice(document), &root) && slice_equal(root.tag, "config"));
	CHECK(text_equal(root.end, " behind") && root.begin[0] == '<' && root.begin[1] == 'c');
	CHECK(!xml_check(&root, &where));
	CHECK(xml_first(&root, &node) && slice_equal(node.tag, "empty") && node.content.bytes == 0);
	CHECK(!xml_first(&node, &inner));
	CHECK(xml_next(&root, &node) && slice_equal(node.tag, "deep") && xml_line(document, node.begin) == 6);
	CHECK(xml_first(&node, &inner) && slice_equal(inner.tag, "deep") && xml_first(&inner, &inner) && inner.content.bytes == 0);
	CHECK(xml_next(&root, &node) && slice_equal(node.tag, "last"));
	CHECK(!xml_next(&root, &node));
}

static void check_attributes(void)
{
	struct xml_attribute attribute = { .value = { NULL, 0 } };
	struct xml_node root, node;
	struct text_slice value;
	char text[64];

	CHECK(xml_first_in(slice(document), &root));
	CHECK(xml_find(&root, "verbose", &value) && slice_equal(value, "yes") && !xml_find(&root, "verb", &value) && !xml_find(&root, "verbose2", &value));
	CHECK(xml_find(&root, "text", &value));
	slice_copy(value, text, sizeof(text));
	CHECK(text_equal(text, "a <b> & \"c\" &other;"));
	slice_copy(value, text, 4);
	CHECK(text_equal(text, "a <"));
	CHECK(xml_first(&root, &node) && xml_next(&root, &node) && xml_find(&node, "name", &value) && slice_equal(value, "x > y"));
	CHECK(xml_next(&root, &node));
	CHECK(xml_next_attribute(&node, &attribute) && slice_equal(attribute.name, "a") && slice_equal(attribute.value, "1"));
	CHECK(xml_next_attribute(&node, &attribute) && slice_equal(attribute.name, "b") && slice_equal(attribute.value, "2"));
	CHECK(!xml_next_attribute(&node, &attribute));
}

static void check_faults(void)
{
	static const char *const broken[] = {
		"", "config", "<", "<config", "<config>", "<config></konfig>", "</config>", "<config><a></config>", "<config a=\"1></config>", "<!-- <config/>", "< config/>",
	};
	static const char *const crooked[] = {
		"<config><a b='1'/></config>", "<config><a b = \"1\"/></config>", "<config><a b/></config>", "<config a=\"1\" x></config>", "<config><a></b><c></config>",
	};
	struct xml_node root;
	const char *where = NULL;

	for (u32 n = 0; n < ARRAY_LENGTH(broken); n++)
		CHECK(!xml_first_in(slice(broken[n]), &root));
	for (u32 n = 0; n < ARRAY_LENGTH(crooked); n++) {
		if (!xml_first_in(slice(crooked[n]), &root))
			continue;
		CHECK(xml_check(&root, &where) && where >= crooked[n] && where <= crooked[n] + text_length(crooked[n]));
	}
}

/* a document cut off anywhere gives no root, and nothing behind the cut is looked at */
static void check_cuts(void)
{
	static char text[512];
	u32 const length = text_length(document) - text_length(" behind");
	struct xml_node root;

	for (u32 cut = 0; cut <= length; cut++) {
		memcpy(text, document, length);
		print_text(text + cut, sizeof(text) - cut, "%s", "/></config></config>\"/></config>");
		CHECK(xml_first_in((struct text_slice){ text, cut }, &root) == (cut == length));
		if (cut == length)
			CHECK(root.end == text + length);
	}
}

static u32 random_state = 4711;

static u32 random_number(u32 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return divide(random_state, limit).remainder;
}

/* any bytes: answers without end or access outside are what would fail here */
static void check_noise(void)
{
	static const char alphabet[] = "<>/=\"!-? ab\n&;";
	static char text[64];
	struct xml_node root;
	const char *where;

	for (u32 n = 0; n < 20000; n++) {
		u32 const length = random_number(sizeof(text));

		for (u32 at = 0; at < length; at++)
			text[at] = alphabet[random_number(sizeof(alphabet) - 1)];
		if (!xml_first_in((struct text_slice){ text, length }, &root))
			continue;
		CHECK(root.begin >= text && root.end <= text + length && root.content.at + root.content.bytes <= root.end);
		xml_check(&root, &where);
	}
}

static void check_labels(void)
{
	char text[16];

	session_label("ram_quota=8K, label=\"a -> b\", x=1", text, sizeof(text));
	CHECK(text_equal(text, "a -> b") && text_equal(label_last_element(text), "b"));
	session_label("mylabel=\"no\", label=\"yes\"", text, sizeof(text));
	CHECK(text_equal(text, "yes") && text_equal(label_last_element(text), "yes"));
	session_label("ram_quota=8K", text, sizeof(text));
	CHECK(text_equal(text, "") && text_equal(label_last_element(text), ""));
	session_label("label=\"0123456789abcdefghij\"", text, sizeof(text));
	CHECK(text_equal(text, "0123456789abcde"));
	CHECK(text_equal(label_last_element("a -> "), "") && text_equal(label_last_element("a -> b -> c d"), "c d"));
}

noreturn_t _start(void);

noreturn_t _start(void)
{
	check_nodes();
	check_attributes();
	check_faults();
	check_cuts();
	check_noise();
	check_labels();
	leave(0);
}
