"""CrossGuard's entry to the pack `sovereignty`: constructing a PolicyPack starts a server and blocks."""

from policies.crossguard import start

start("sovereignty")
