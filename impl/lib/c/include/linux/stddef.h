/* linux/stddef.h - NULL, true and false: as linux/types.h. */
#include <linux/types.h>
