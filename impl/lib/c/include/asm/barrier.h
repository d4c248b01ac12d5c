/*
 * asm/barrier.h - smp_mb() and the other barriers, known by name;
 * Documentation/memory-barriers.txt.
 */
#include <linux/compiler.h>
