/* linux/limits.h - as linux/kernel.h. */
#include <linux/kernel.h>
