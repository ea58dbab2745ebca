"""What schemathesis has to know of this API besides its openapi.json."""

import os

import schemathesis

OWN_KEY = os.environ["FUZZ_KEY"].split("_")[1]


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    """NDJSON, which the description calls a text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def map_case(context, case):
    """Keeps it from revoking its own key, whose id it learns from a list."""
    if case.method == "DELETE" and OWN_KEY in str(case.path_parameters):
        case.path_parameters = {"id": "0" * 16}
    return case
