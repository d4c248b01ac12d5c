/*
 * linux/export.h - EXPORT_SYMBOL(): who may call a function changes no step;
 * include/linux/export.h.
 */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#define EXPORT_SYMBOL(name) extern int __lockstep_export_##name
#define EXPORT_SYMBOL_GPL(name) EXPORT_SYMBOL(name)

#endif
