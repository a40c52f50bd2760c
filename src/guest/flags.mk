# How guest programs are compiled and linked. Part of what the manifest hashes: a change here needs a rebuild.

CFLAGS := -std=gnu11 -O2 -march=armv7-a -marm -mfloat-abi=soft \
          -ffreestanding -fno-builtin -fshort-enums -fno-common \
          -ffunction-sections -fdata-sections -fno-tree-loop-distribute-patterns \
          -fno-unwind-tables -fno-asynchronous-unwind-tables -fno-ident \
          -Wall -Wextra -Werror

LDFLAGS := -march=armv7-a -marm -mfloat-abi=soft -nostdlib -static \
           -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,max-page-size=0x1000 -Wl,--fatal-warnings

# flavour "rtcr" (list-based capability map, announced to core) is the default; "stock" is unpatched 16.08;
# "tree" announces the map of "stock": what a checkpointer that was built with the wrong header meets;
# "inlined" is "rtcr" with the kernel entered from each function that calls it
CFLAGS_rtcr :=
CFLAGS_stock := -DFLAVOUR_STOCK
CFLAGS_tree := -DFLAVOUR_STOCK -DFLAVOUR_TREE
CFLAGS_inlined := -DKERNEL_ENTRY_INLINED
