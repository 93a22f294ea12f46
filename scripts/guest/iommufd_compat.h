/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forced in front of the kernel's own tests of iommufd. In 6.12.y these came from a
 * later kernel than what they test, and use names that its headers do not have. The
 * tests are not changed: what asks the kernel for the new fields then fails, on any
 * kernel of this series.
 */
#ifndef IOMMUFD_COMPAT_H
#define IOMMUFD_COMPAT_H

/* Later kernels read a type where this one only writes it, if the flag says so. */
#define in_data_type out_data_type
#define IOMMU_HW_INFO_TYPE_DEFAULT 0
#define IOMMU_HW_INFO_FLAG_INPUT_TYPE (1 << 0)

/* Later kernels have a mock device with PASIDs; one without stands in for it here. */
#define MOCK_FLAGS_DEVICE_PASID 0
#define MOCK_PASID_WIDTH 20

#endif
