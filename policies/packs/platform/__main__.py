"""CrossGuard's entry to the pack `platform`: constructing a PolicyPack starts a server and blocks."""

from policies.crossguard import start

start("platform")
