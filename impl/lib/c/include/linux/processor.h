/*
 * linux/processor.h - cpu_relax(), and spin_begin() and its like, which say the
 * same on x86; include/linux/processor.h.
 */
#ifndef _LINUX_PROCESSOR_H
#define _LINUX_PROCESSOR_H

#include <linux/compiler.h>

#define spin_cpu_relax() cpu_relax()

#endif
