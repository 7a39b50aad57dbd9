"""The section `database`."""

from config.section import Section, VmSize, dial


class Database(Section):
    """The retrieval database."""

    size: VmSize = dial("Azure size of the flexible server, Standard_B… in dev alone.", "the server can't be made")
    storage_gb: int = dial("Storage in GiB, a power of two from 32.", "vectors don't fit", ge=32, le=32_768)
