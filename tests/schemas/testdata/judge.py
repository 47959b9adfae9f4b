"""Judges events by fastavro, or by the JSON format of Google's Protobuf.

Each line of the input is {schema, references, events} with the text of an Avro schema and of those that it refers to, or
{descriptors, message, events} with the file of a descriptor set and a message's name, and the events' texts; each line of
the output is {verdicts}: what is wrong with each event, "" for nothing, or {unusable}: what is wrong with the schema.
"""

import decimal
import io
import json
import sys

import fastavro
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


def avro(request):
    names = {}
    for text in request.get("references", []):
        fastavro.parse_schema(json.loads(text), names)
    schema = fastavro.parse_schema(json.loads(request["schema"]), names)

    def check(event):
        value = json.loads(event, parse_float=decimal.Decimal)
        Natural(names, tagged=False).checked(schema, value)
        # What validation lets pass: properties that are too many, and numbers that are too large for a float.
        fastavro.schemaless_writer(io.BytesIO(), schema, Natural(names, tagged=True).datum(schema, value), strict_allow_default=True)

    return check


class Natural:
    """Turns natural JSON into what fastavro takes. What does not go with the schema is left for fastavro to refuse.

    The writer is told the branch of a union by a tag. The validator understands tags of records alone, so the value is held
    against its branch before it is held against the union.
    """

    NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
    LOOKS = {"null": {"null"}, "boolean": {"boolean"}, "int": {"number"}, "long": {"number"}, "float": {"number", "string"},
             "double": {"number", "string"}, "array": {"array"}, "map": {"object"}, "record": {"object"}, "error": {"object"}}

    def __init__(self, names, tagged):
        self.names = names
        self.tagged = tagged

    def checked(self, schema, value):
        """The datum, held against the schema."""
        datum = self.datum(schema, value)
        if isinstance(schema, str):
            schema = self.names.get(schema, schema)
        if isinstance(schema, dict):
            schema = {**schema, "__fastavro_parsed": True, "__named_schemas": self.names}
        fastavro.validate(datum, schema, strict=True)
        return datum

    def datum(self, schema, value):
        if isinstance(schema, str):
            schema = self.names.get(schema, schema)
        if isinstance(schema, list):
            return self.union(schema, value)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in ("bytes", "fixed"):
            return self.binary(schema, value)
        if kind in ("float", "double"):
            if isinstance(value, str):
                return self.NUMBERS.get(value, value)
            return float(value) if isinstance(value, decimal.Decimal) else value
        if kind == "array" and isinstance(value, list):
            return [self.datum(schema["items"], item) for item in value]
        if kind == "map" and isinstance(value, dict):
            return {key: self.datum(schema["values"], item) for key, item in value.items()}
        if kind in ("record", "error") and isinstance(value, dict):
            return self.record(schema, value)
        return value

    def record(self, schema, value):
        out = dict(value)
        for field in schema["fields"]:
            name, kind = field["name"], field["type"]
            if name in value:
                out[name] = self.datum(kind, value[name])
            elif "default" in field:
                # A union's default is one of its first branch.
                out[name] = self.datum(kind[0] if isinstance(kind, list) else kind, field["default"])
        return out

    def binary(self, schema, value):
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        if logical == "decimal":
            return self.decimal(schema, value)
        try:
            return value.encode("latin-1")
        except (AttributeError, UnicodeEncodeError):
            return value

    def decimal(self, schema, value):
        if isinstance(value, bool) or not isinstance(value, (int, decimal.Decimal)):
            return value
        value = decimal.Decimal(value)
        unit = decimal.Decimal(1).scaleb(-schema.get("scale", 0))
        if value.as_tuple().exponent > unit.as_tuple().exponent:
            # Avro counts the digits of the unscaled value, and fastavro those that are written.
            return value.quantize(unit, context=decimal.Context(prec=10_000))
        return value

    def union(self, branches, value):
        looks = [self.looks(branch) for branch in branches]
        alike = sum(map(len, looks)) > len(set().union(*looks))
        for branch, its in zip(branches, looks):
            if look(value) in its and (not alike or branch == "null"):
                return self.branch(branch, value)
        if isinstance(value, dict) and len(value) == 1:
            (tag, tagged), = value.items()
            for branch in branches:
                if self.name(branch) == tag:
                    return self.branch(branch, tagged)
        return value

    def branch(self, branch, value):
        return (self.name(branch), self.datum(branch, value)) if self.tagged else self.checked(branch, value)

    def resolved(self, branch):
        return self.names.get(branch, branch) if isinstance(branch, str) else branch

    def name(self, branch):
        branch = self.resolved(branch)
        return branch.get("name", branch["type"]) if isinstance(branch, dict) else branch

    def looks(self, branch):
        branch = self.resolved(branch)
        if isinstance(branch, dict) and branch["type"] in ("bytes", "fixed") and branch.get("logicalType") == "decimal":
            return {"number"}
        return self.LOOKS.get(branch["type"] if isinstance(branch, dict) else branch, {"string"})


def look(value):
    kinds = {type(None): "null", bool: "boolean", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "number")


def protobuf(request):
    files = descriptor_pb2.FileDescriptorSet()
    with open(request["descriptors"], "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName(request["message"]))

    def check(event):
        # What lacks required fields is no event either.
        json_format.Parse(event, message(), descriptor_pool=pool).SerializeToString()

    return check


def judge(request):
    try:
        check = avro(request) if "schema" in request else protobuf(request)
    except Exception as error:
        return {"unusable": complaint(error)}
    return {"verdicts": [verdict(check, event) for event in request["events"]]}


def verdict(check, event):
    try:
        check(event)
    except Exception as error:
        return complaint(error)
    return ""


def complaint(error):
    return f"{type(error).__name__}: {error!s:.300}"


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))))
