"""Validates OCSF events, one a line on standard input, against the published schema; prints what is wrong."""
import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded
from ocsf_json_schema.loader import get_ocsf_schema

schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(sys.argv[1]))
validators = {}
count = 0
for line in sys.stdin:
    event = json.loads(line)
    uid = event.get("class_uid")
    if uid not in validators:
        schema = schemas.get_class_schema(schemas.lookup_class_name_from_uid(uid))
        validators[uid] = Draft202012Validator(schema)
    for error in validators[uid].iter_errors(event):
        print(uid, event["metadata"]["event_code"], list(error.absolute_path), error.message[:200])
    count += 1
print(count, "events")
