"""CrossGuard's entry to the pack `patient_data`: constructing a PolicyPack starts a server and blocks."""

from policies.crossguard import start

start("patient_data")
