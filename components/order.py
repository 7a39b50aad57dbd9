"""Waiting for a thing that no argument names: a component's own `depends_on` is not its children's."""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions, ResourceTransformationArgs, ResourceTransformationResult


def after(options: ResourceOptions, on: Sequence[Resource]) -> ResourceOptions:
    """Options of a component whose every object in the cluster waits for these."""

    def wait(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
        if not args.type_.startswith("kubernetes:"):
            return None
        waiting = ResourceOptions.merge(args.opts, ResourceOptions(depends_on=list(on)))
        return ResourceTransformationResult(args.props, waiting)

    return ResourceOptions.merge(options, ResourceOptions(transformations=[wait]))
