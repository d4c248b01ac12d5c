/*
 * linux/errno.h - error numbers; include/uapi/asm-generic/errno-base.h, errno.h
 * and include/linux/errno.h.
 */
#ifndef _LINUX_ERRNO_H
#define _LINUX_ERRNO_H

#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define EBADF 9
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define EPIPE 32
#define EDEADLK 35
#define ENOSYS 38
#define EWOULDBLOCK EAGAIN
#define ETIME 62
#define EALREADY 114
#define EINPROGRESS 115
#define ETIMEDOUT 110
#define ECANCELED 125
#define EOPNOTSUPP 95
#define ERESTARTSYS 512

#endif
