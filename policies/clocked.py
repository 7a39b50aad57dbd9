"""A job by the clock, as the job that it makes: what is judged of pods is judged of its pods too."""

from collections.abc import Mapping
from dataclasses import replace

from plan.model import PlannedResource

CRON_JOB = "kubernetes:batch/v1:CronJob"
JOB = "kubernetes:batch/v1:Job"


def as_job(clocked: PlannedResource) -> PlannedResource:
    """Its template in the place where a job has it, in its own namespace and under its own labels."""
    template = clocked.get("spec.jobTemplate.spec")
    spec = template if isinstance(template, Mapping) else {}
    return replace(clocked, type=JOB, inputs={**clocked.inputs, "spec": spec})
