/* The component's configuration: ROM module "config", attached for good. */
#pragma once

#include "xml.h"

/* null if `config` now is a well-formed <config> node, else what is wrong */
const char *config_open(struct xml_node *config);

/* the text it is part of, for line numbers */
struct text_slice config_text(void);
