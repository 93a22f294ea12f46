/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forced in front of a later kernel's tests of VFIO, for the headers of this one.
 */
#ifndef VFIO_COMPAT_H
#define VFIO_COMPAT_H

#include <stdlib.h>

/* Tokens of virtual functions in VFIO_DEVICE_BIND_IOMMUFD; no test here has one. */
#define VFIO_DEVICE_BIND_FLAG_TOKEN (1 << 0)
#define token_uuid_ptr out_devid

/* Linux 7.2's tests use it, and have it nowhere. */
#define calloc_assert calloc

#endif
