/* Trace loggers: the first traced RPC of a thread prepares its logger by three RPCs (genode-16.08-abi.md 3.6 rule 3). */
#pragma once

#include "types.h"

/* called at both ends of every RPC, on the client's and on the server's side */
void trace_rpc(void);

/* from here on RPCs are traced; before, during the start-up of the component, they are not */
void trace_enable(void);
