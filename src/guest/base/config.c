/* Owner of the ROM session "config" and of its text. */
#include "config.h"

#include "dataspace.h"
#include "env.h"
#include "print.h"

enum { FAULT_BYTES = 96 };

static struct rom rom;
static struct text_slice text;

struct text_slice config_text(void)
{
	return text;
}

static const char *open_rom(void)
{
	if (parent_session(env.parent, "ROM", "ram_quota=4K, label=\"config\"", &rom.session) != RPC_OK || !rom.session)
		return "no configuration";
	if (rom_dataspace(rom.session, &rom.dataspace) != RPC_OK || !rom.dataspace)
		return "the configuration is empty";
	dataspace_size(rom.dataspace, &rom.bytes);
	rom.content = (const void *)env_attach(env.address_space, rom.dataspace);
	text.at = rom.content;
	while (text.bytes < rom.bytes && text.at[text.bytes])
		text.bytes++;
	return NULL;
}

const char *config_open(struct xml_node *config)
{
	static char told[FAULT_BYTES];
	const char *fault = open_rom(), *where;

	if (fault)
		return fault;
	where = text.at;
	if (!xml_first_in(text, config) || !slice_equal(config->tag, "config"))
		return "the configuration is no <config> node";
	fault = xml_check(config, &where);
	if (!fault)
		return NULL;
	print_text(told, sizeof(told), "configuration, line %u: %s", xml_line(text.at, where), fault);
	return told;
}
