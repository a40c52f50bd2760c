/* Does what its configuration says, step by step: the component for authors of scenarios. The steps are in universal/, one file a noun. */
#include "component.h"
#include "dataspace.h"
#include "env.h"
#include "log.h"
#include "universal/run.h"

const u32 component_stack_bytes = 64 * 1024;

static const char *const session_exceptions[] = { "Service_denied", "Quota_exceeded", "Unavailable", NULL };

/* the text is attached for good: steps stay where they were read */
static bool open_config(struct run *run, struct text_slice *text)
{
	static struct rom rom;
	u32 length = 0;

	if (!check(run, parent_session(env.parent, "ROM", "ram_quota=4K, label=\"config\"", &rom.session), session_exceptions))
		return fail(run, "no configuration");
	if (rom_dataspace(rom.session, &rom.dataspace) != RPC_OK || !rom.dataspace)
		return fail(run, "the configuration is empty");
	dataspace_size(rom.dataspace, &rom.bytes);
	rom.content = (const void *)env_attach(env.address_space, rom.dataspace);
	while (length < rom.bytes && ((const char *)rom.content)[length])
		length++;
	text->at = rom.content;
	text->bytes = length;
	return true;
}

static bool parse_config(struct run *run, struct text_slice text, struct xml_node *config)
{
	const char *fault, *where = text.at;

	if (!xml_first_in(text, config) || !slice_equal(config->tag, "config"))
		return fail(run, "the configuration is no <config> node");
	fault = xml_check(config, &where);
	return fault ? fail(run, "configuration, line %u: %s", xml_line(text.at, where), fault) : true;
}

void component_construct(struct entrypoint *entrypoint)
{
	static struct actor actor = { .name = "ep" };
	struct run run = { .actor = &actor };
	struct text_slice text;
	struct xml_node config;

	component_ep = entrypoint;
	if (!open_config(&run, &text) || !parse_config(&run, text, &config)) {
		log_error("universal: %s", run.failure);
		return;
	}
	run_set_config(text, attribute_is(&config, "on_error", "stop"));
	run_steps(&run, &config);
}
