/* PD sessions and, in flavour "rtcr", the native interface behind them (genode-16.08-abi.md 2, Pd_session). */
#pragma once

#include "rpc.h"

enum {
	PD_OUT_OF_METADATA = -1001,
	PD_ALLOC_CONTEXT_OUT_OF_METADATA = -1002,
};

i32 pd_assign_parent(struct cap *pd, struct cap *parent);
i32 pd_alloc_signal_source(struct cap *pd, struct cap **source);
i32 pd_alloc_context(struct cap *pd, struct cap *source, u32 imprint, struct cap **context);
i32 pd_free_context(struct cap *pd, struct cap *context);
i32 pd_submit(struct cap *pd, struct cap *context, u32 count);
i32 pd_alloc_rpc_cap(struct cap *pd, struct cap *thread_gate, struct cap **result);
i32 pd_free_rpc_cap(struct cap *pd, struct cap *object);
i32 pd_address_space(struct cap *pd, struct cap **region_map);
i32 pd_stack_area(struct cap *pd, struct cap **region_map);
i32 pd_native_pd(struct cap *pd, struct cap **native);

/* tells core where this component keeps its capability records */
i32 native_pd_set_cap_map_info(struct cap *native, u32 address);
