/*
 * linux/module.h - EXPORT_SYMBOL(), and what is said of a module's authors;
 * include/linux/module.h. Loading and unloading are absent.
 */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/export.h>
#include <linux/kernel.h>

#define MODULE_LICENSE(text) extern int __lockstep_module_license
#define MODULE_AUTHOR(text) extern int __lockstep_module_author
#define MODULE_DESCRIPTION(text) extern int __lockstep_module_description

#endif
