"""OSCAL: the platform and its assessment in the form of NIST's Open Security Controls Assessment Language."""
