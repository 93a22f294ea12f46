# SPDX-License-Identifier: GPL-2.0-only
"""What smmu-report is made of: see Documentation/admin-guide/iommu/smmu-report.rst."""
