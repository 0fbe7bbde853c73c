"""Validates a report against doc/report.schema.json with the part of JSON Schema that the schema uses.

    report_schema.py SCHEMA REPORT

A validator of our own because Debian's machines of `make test` have none installed. It refuses keywords it does not
know, so that a schema that grows cannot pass unread.
"""

import json
import re
import sys

ANNOTATIONS = {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default", "format"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
}


def resolve(root, reference):
    node = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def problems(schema, value, path, root):
    if isinstance(schema, bool):
        return [] if schema else [f"{path}: nothing is allowed here"]
    found = []
    for keyword, rule in schema.items():
        if keyword in ANNOTATIONS or keyword in ("properties", "additionalProperties"):
            continue
        found += keyword_problems(keyword, rule, value, path, root)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        rest = schema.get("additionalProperties", True)
        for name, member in value.items():
            found += problems(properties.get(name, rest), member, f"{path}.{name}", root)
    return found


def keyword_problems(keyword, rule, value, path, root):
    if keyword == "$ref":
        return problems(resolve(root, rule), value, path, root)
    if keyword == "type":
        names = [rule] if isinstance(rule, str) else rule
        return [] if any(TYPES[n](value) for n in names) else [f"{path}: {value!r} is not {' or '.join(names)}"]
    if keyword in ("enum", "const"):
        allowed = rule if keyword == "enum" else [rule]
        return [] if value in allowed else [f"{path}: {value!r} is none of {allowed}"]
    if keyword in ("anyOf", "oneOf"):
        passing = [s for s in rule if not problems(s, value, path, root)]
        good = passing if keyword == "anyOf" else len(passing) == 1
        return [] if good else [f"{path}: {len(passing)} of the {keyword} alternatives fit"]
    if keyword == "allOf":
        return [p for s in rule for p in problems(s, value, path, root)]
    if keyword == "required":
        return [f"{path}: {n} is missing" for n in rule if isinstance(value, dict) and n not in value]
    if keyword == "items":
        return [p for i, v in enumerate(value if isinstance(value, list) else [])
                for p in problems(rule, v, f"{path}[{i}]", root)]
    if keyword == "pattern":
        return [f"{path}: {value!r} does not match {rule}"] if isinstance(value, str) and not re.search(rule, value) else []
    if keyword in ("minimum", "exclusiveMinimum"):
        low = TYPES["number"](value) and (value < rule if keyword == "minimum" else value <= rule)
        return [f"{path}: {value} is below {rule}"] if low else []
    if keyword in ("minItems", "minLength", "minProperties"):
        sized = {"minItems": list, "minLength": str, "minProperties": dict}[keyword]
        return [f"{path}: too short"] if isinstance(value, sized) and len(value) < rule else []
    if keyword == "propertyNames":
        return [p for n in (value if isinstance(value, dict) else {}) for p in problems(rule, n, f"{path}.{n}", root)]
    return [f"{path}: the schema uses {keyword}, which this validator does not know"]


def main():
    schema, report = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
    found = problems(schema, report, "report", schema)
    for line in found[:20]:
        print(line)
    return 1 if found else 0


sys.exit(main())
