# Recorded and made-up histories in both encodings: Temporal's protobuf code must read what durasim writes, as the same
# history, in as many bytes. (Not the same bytes: protobuf's implementations order the keys of a map differently.)
import json
import random

from google.protobuf import json_format
from temporalio.api.history.v1 import message_pb2 as history
from temporalio.client import WorkflowHistory

SEED = 20260721
UI_MEMBERS = ("attributes", "category", "classification", "id", "name", "timestamp")


# Some files of the UI show payloads as the values that they hold, which temporalio does not read.
def has_shorthand(value):
    if isinstance(value, list):
        return any(has_shorthand(each) for each in value)
    if not isinstance(value, dict):
        return False
    payloads = value.get("payloads")
    if isinstance(payloads, list) and any(not isinstance(p, dict) or "data" not in p and "metadata" not in p for p in payloads):
        return True
    return any(has_shorthand(each) for name, each in value.items() if name not in UI_MEMBERS)


# A history file as temporalio's own loader reads it (it knows the old names of enumerators), or nothing for a file of
# another kind.
def official(path):
    # One enumeration had another name for a while; temporalio drops what it does not know, durasim knows both.
    text = path.read_text("utf-8").replace("UPDATE_REQUESTED_EVENT_ORIGIN_", "UPDATE_ADMITTED_EVENT_ORIGIN_")
    document = json.loads(text) if text.strip() else None
    if isinstance(document, dict):
        document = document.get("history", document)
        document = document.get("events") if isinstance(document, dict) else None
    if not isinstance(document, list) or not document or "eventType" not in document[0]:
        return None
    if any(event["eventType"] == "UnknownEvent" for event in document) or has_shorthand(document):
        return None
    events = [{name: value for name, value in event.items() if name not in UI_MEMBERS} for event in document]
    return history.History(events=WorkflowHistory.from_json("id", {"events": events}).events)


def assert_same(wire, theirs, what):
    assert history.History.FromString(wire) == theirs, f"{what}: another history"
    assert len(wire) == theirs.ByteSize(), f"{what}: {len(wire)} bytes, not {theirs.ByteSize()}"


def check_recorded_histories_are_the_same_for_both(context):
    files = 0
    for path in sorted(context.histories().glob("*/*.json")):
        theirs = official(path)
        if theirs is None:
            continue
        files += 1
        assert_same(context.probe("wire", path), theirs, path)
        assert json_format.Parse(context.probe("json", path), history.History()) == theirs, f"{path}: other JSON"
    assert files == 75, f"{files} files"


# A message with random fields, deep and wide enough to reach every kind of field.
def fill(message, generator, depth):
    for field in message.DESCRIPTOR.fields:
        if generator.random() < 0.4 or (field.message_type is not None and depth == 0):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for _ in range(generator.randrange(3)):
                value = field.message_type.fields_by_name["value"]
                key = str(generator.randrange(1000))
                if value.message_type is not None:
                    fill(getattr(message, field.name)[key], generator, depth - 1)
                else:
                    getattr(message, field.name)[key] = scalar(value, generator)
        elif field.message_type is not None and field.is_repeated:
            for _ in range(generator.randrange(3)):
                fill(getattr(message, field.name).add(), generator, depth - 1)
        elif field.message_type is not None:
            getattr(message, field.name).SetInParent()
            fill(getattr(message, field.name), generator, depth - 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(scalar(field, generator) for _ in range(generator.randrange(4)))
        else:
            setattr(message, field.name, scalar(field, generator))
    return message


def scalar(field, generator):
    if field.enum_type is not None:
        return generator.choice(field.enum_type.values).number
    if field.containing_type.full_name.startswith("google.protobuf."):
        return generator.randrange(1000) * (1_000_000 if field.name == "nanos" else 1)
    return {
        "double": lambda: generator.uniform(-1e9, 1e9),
        "float": lambda: generator.randrange(-1000, 1000) / 8,
        "int64": lambda: generator.randrange(-(2**63), 2**63),
        "int32": lambda: generator.randrange(-(2**31), 2**31),
        "uint32": lambda: generator.randrange(2**32),
        "bool": lambda: generator.random() < 0.5,
        "string": lambda: generator.choice(["", "x", "naïve \U0001F600", '"\\\n']),
        "bytes": lambda: generator.randbytes(generator.randrange(9)),
    }[{1: "double", 2: "float", 3: "int64", 5: "int32", 8: "bool", 9: "string", 12: "bytes", 13: "uint32"}[field.type]]()


# 20 events of each of the 60 types.
def random_history():
    generator = random.Random(SEED)
    made = history.History()
    for field in list(history.HistoryEvent.DESCRIPTOR.oneofs_by_name["attributes"].fields) * 20:
        event = made.events.add()
        fill(event, generator, 5)
        event.ClearField(event.WhichOneof("attributes"))
        getattr(event, field.name).SetInParent()
        fill(getattr(event, field.name), generator, 5)
    return made


def check_random_events_of_every_type_in_wire_format(context):
    theirs = random_history()
    assert_same(context.probe_bytes("rewire", theirs.SerializeToString()), theirs, f"seed {SEED}")


def check_random_events_of_every_type_in_json(context):
    theirs = random_history()
    text = json_format.MessageToJson(theirs)
    assert_same(context.probe_bytes("wire", text.encode()), theirs, f"seed {SEED}")
    ours = context.probe_bytes("json", text.encode())
    assert json.loads(ours) == json.loads(text), f"other JSON; seed {SEED}"
