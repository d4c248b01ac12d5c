/*
 * asm/processor.h - cpu_relax(), known by name: who spins lets the others go
 * on.
 */
#include <linux/compiler.h>
