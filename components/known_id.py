"""Ids that a plan knows before anything exists, and that still wait for what they name.

An id that the cloud gives is unknown to a preview, and a rule that follows it can't be judged there.
Form: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
"""

import asyncio
from typing import TypeVar

from pulumi import Output, Resource

from components.scope import Scope

T = TypeVar("T")


def known_id(scope: Scope, concern: str, path: str, of: Resource) -> Output[str]:
    """The ARM id of `of`: in the resource group of a concern, `path` as `Microsoft.Network/routeTables/rt-…`."""
    group = f"/subscriptions/{scope.config.subscription_id}/resourceGroups/{scope.names.resource_group(concern)}"
    return after(f"{group}/providers/{path}", of)


def after(value: T, resource: Resource) -> Output[T]:
    """A value that is known now; what takes it waits for the resource all the same."""
    return Output({resource}, _ready(value), is_known=_ready(value=True))


def _ready(value: T) -> "asyncio.Future[T]":
    future: asyncio.Future[T] = asyncio.get_event_loop().create_future()
    future.set_result(value)
    return future
