/* A component that is itself a parent: starts the programs that its configuration names in protection domains of their own, from sessions
 * that it opens for them, and passes their session requests on to whichever of them has announced the service, or to its own parent
 * (genode-16.08-abi.md 3.1, 4.2 step 9). */
#include "component.h"
#include "config.h"
#include "env.h"
#include "log.h"
#include "memory.h"
#include "parent/child.h"

const u32 component_stack_bytes = 64 * 1024;

enum { DEFAULT_RAM_BYTES = 512 * 1024 };

static struct child children[CHILDREN];

void component_construct(struct entrypoint *entrypoint)
{
	struct xml_node config, node;
	struct text_slice value;
	char ram[16];
	const char *fault = config_open(&config);
	u32 count = 0;

	if (fault) {
		log_error("parent: %s", fault);
		return;
	}
	for (bool more = xml_first(&config, &node); more; more = xml_next(&config, &node)) {
		struct child *child = &children[count];

		if (!slice_equal(node.tag, "start"))
			continue;
		if (count++ == CHILDREN) {
			log_error("parent: there are too many children");
			return;
		}
		if (!xml_find(&node, "name", &value)) {
			log_error("parent: a child without name");
			return;
		}
		child->siblings = children;
		slice_copy(value, child->name, sizeof(child->name));
		slice_copy(xml_find(&node, "binary", &value) ? value : (struct text_slice){ child->name, text_length(child->name) }, child->binary, sizeof(child->binary));
		child->ram_bytes = DEFAULT_RAM_BYTES;
		if (xml_find(&node, "ram", &value)) {
			slice_copy(value, ram, sizeof(ram));
			child->ram_bytes = text_number(ram);
		}
		for (bool inner = xml_first(&node, &child->config); inner && !slice_equal(child->config.tag, "config"); inner = xml_next(&node, &child->config))
			child->config.tag.bytes = 0;
		fault = child_start(child, entrypoint);
		if (fault)
			log_error("child \"%s\": %s", child->name, fault);
	}
}
