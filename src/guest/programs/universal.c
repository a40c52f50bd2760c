/* Does what its configuration says, step by step: the component for authors of scenarios. The steps are in universal/, one file a noun. */
#include "component.h"
#include "config.h"
#include "log.h"
#include "universal/run.h"

const u32 component_stack_bytes = 64 * 1024;

void component_construct(struct entrypoint *entrypoint)
{
	static struct actor actor = { .name = "ep" };
	struct run run = { .actor = &actor };
	struct xml_node config;
	const char *fault = config_open(&config);

	component_ep = entrypoint;
	if (fault) {
		log_error("universal: %s", fault);
		return;
	}
	run_set_config(config_text(), attribute_is(&config, "on_error", "stop"));
	run_steps(&run, &config);
}
