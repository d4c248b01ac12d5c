/* linux/compiler_types.h - as linux/compiler.h. */
#include <linux/compiler.h>
