# SPDX-License-Identifier: GPL-2.0-only
#
# Every symbol of the ARM IOMMU series; drivers/iommu/Kconfig sources this file
# inside "if IOMMU_SUPPORT". Names and meanings are those that boards' .config
# files already use.

# The registry of table formats: formats select it, nobody sets it by hand.
config IOMMU_IO_PGTABLE
	bool

config IOMMU_IO_PGTABLE_LPAE
	bool "Arm long-descriptor (LPAE and VMSAv8-64) I/O page tables"
	select IOMMU_IO_PGTABLE
	depends on ARM || ARM64 || COMPILE_TEST
	depends on !GENERIC_ATOMIC64	# entries are swapped with cmpxchg64()
	help
	  The page-table format of SMMUv2 and SMMUv3, of Arm Mali GPUs and of
	  several vendors' IOMMUs: granules of 4K, 16K and 64K, stage 1 and
	  stage 2, addresses of 32 to 52 bits.

	  Drivers that need it select it.

config IOMMU_IO_PGTABLE_LPAE_SELFTEST
	bool "Check the long-descriptor format at every boot"
	depends on IOMMU_IO_PGTABLE_LPAE
	help
	  Builds tables of every geometry during boot, maps, looks up, splits
	  and unmaps in them, and prints one line for each geometry. It takes
	  some milliseconds and needs no IOMMU.

	  If in doubt, say N.

config IOMMU_IO_PGTABLE_LPAE_KUNIT_TEST
	tristate "KUnit tests for the long-descriptor format" if !KUNIT_ALL_TESTS
	depends on KUNIT && IOMMU_IO_PGTABLE_LPAE && IOMMU_API && 64BIT
	default KUNIT_ALL_TESTS
	help
	  One case for each promise of the format, judged by a decoder that
	  shares nothing with the encoder. They need no IOMMU.

	  If in doubt, say N.

# Process address spaces shared with devices: IOMMU drivers select it.
config IOMMU_SVA
	bool
	select IOMMU_MM_DATA

config IOMMU_SVA_KUNIT_TEST
	tristate "KUnit tests for shared virtual addressing" if !KUNIT_ALL_TESTS
	depends on KUNIT && IOMMU_SVA
	default KUNIT_ALL_TESTS
	help
	  Binds and unbinds address spaces to made-up devices, and checks
	  PASIDs, reference counts and failure paths. They need no IOMMU.

	  If in doubt, say N.

# Page faults of devices that can wait for an answer: IOMMU drivers select it.
config IOMMU_IOPF
	bool

config IOMMU_IOPF_KUNIT_TEST
	tristate "KUnit tests for I/O page faults" if !KUNIT_ALL_TESTS
	depends on KUNIT && IOMMU_IOPF
	default KUNIT_ALL_TESTS
	help
	  Feeds faults of made-up devices through the fault queues and counts
	  the answers: one for each fault, whatever fails. They need no IOMMU.

	  If in doubt, say N.

config ARM_SMMU_V3
	tristate "Arm System MMU version 3 (SMMUv3)"
	depends on ARM64
	select IOMMU_API
	select IOMMU_IO_PGTABLE_LPAE
	select GENERIC_MSI_IRQ
	select IOMMUFD_DRIVER if IOMMUFD
	help
	  The IOMMU of most arm64 servers and of many recent boards. It
	  translates and confines the DMA of PCI and platform devices.

	  Say Y if the firmware describes an "arm,smmu-v3" (devicetree) or an
	  SMMUv3 node (ACPI IORT), and so for QEMU's virt machine.

config ARM_SMMU_V3_SVA
	bool "Shared virtual addressing on SMMUv3"
	depends on ARM_SMMU_V3
	select IOMMU_SVA
	select IOMMU_IOPF
	select MMU_NOTIFIER
	help
	  Lets a device that has PASIDs (PCI) or substreams (platform) use the
	  addresses of a process. Its page faults arrive through PRI or as
	  stalled transactions.

	  Say Y if an accelerator of the board works on process addresses.

# Lets a simulator stand in for the registers and see stores to tables; costs a
# patched-out branch for each.
config IOMMU_SEAM
	bool

config ARM_SMMU_V3_KUNIT_TEST
	tristate "KUnit tests for the SMMUv3 driver" if !KUNIT_ALL_TESTS
	depends on KUNIT && ARM_SMMU_V3
	select IOMMU_SEAM
	default KUNIT_ALL_TESTS
	help
	  Tests the driver's rooms one by one: queues, entry writer, feature
	  decoding, invalidation plans. They need no SMMU.

	  If in doubt, say N.

config ARM_SMMU_V3_SIM
	tristate "Simulated SMMUv3 and devices behind it"
	depends on ARM64 && PCI && ACPI
	depends on IOMMUFD || !IOMMUFD
	select CONFIGFS_FS
	select GENERIC_MSI_IRQ
	select IOMMU_API
	select IOMMU_SEAM
	select IRQ_MSI_LIB
	select MMU_NOTIFIER
	help
	  Makes SMMUv3 instances and DMA masters at run time, through configfs,
	  to test drivers, page tables and shared virtual addressing without
	  hardware. It holds all that any TLB could be holding and reports what
	  should have been invalidated; see
	  Documentation/admin-guide/iommu/smmu-sim.rst.

	  The module is called smmu-sim. If in doubt, say N.

config ARM_SMMU_V3_SIM_KUNIT_TEST
	tristate "KUnit tests for the simulated SMMUv3" if !KUNIT_ALL_TESTS
	depends on KUNIT && ARM_SMMU_V3_SIM
	default KUNIT_ALL_TESTS
	help
	  Runs a model of an SMMUv3 as a kernel compiles it: registers,
	  commands, walks, stalls, and what it reports. It makes no devices;
	  see Documentation/admin-guide/iommu/smmu-sim.rst.

	  If in doubt, say N.
