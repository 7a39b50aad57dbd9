"""The program of every stack: load the dials, build the platform, export what its users need."""

import pulumi

import config
from components.platform import Platform

platform = Platform("platform", config.load())
for key, value in platform.exports.items():
    pulumi.export(key, value)
