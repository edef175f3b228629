# Names, numbers and types of every message and enumeration that durasim describes, against the descriptors inside
# temporalio; and that nothing which a history or a command can hold is missing.
from temporalio.api.command.v1 import message_pb2 as command
from temporalio.api.history.v1 import message_pb2 as history

SCALARS = {1: "double", 2: "float", 3: "int64", 5: "int32", 8: "bool", 9: "string", 12: "bytes", 13: "uint32"}


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def type_name(field):
    if field.message_type is not None:
        return field.message_type.full_name
    return field.enum_type.full_name if field.enum_type is not None else SCALARS[field.type]


def member_type(field):
    if is_map(field):
        key, value = (field.message_type.fields_by_name[part] for part in ("key", "value"))
        return f"map {type_name(key)} {type_name(value)}"
    if field.is_repeated:
        return f"repeated {type_name(field)}"
    return ("oneof " if field.containing_oneof else "") + type_name(field)


# The lines that conformance-probe must print for a message and all that it refers to.
def expected_lines(message, lines):
    if f"message {message.full_name}" in lines:
        return
    lines.add(f"message {message.full_name}")
    for field in message.fields:
        lines.add(f"field {message.full_name} {field.number} {field.name} {field.json_name} {member_type(field)}")
        targets = field.message_type.fields if is_map(field) else [field]
        for target in targets:
            if target.message_type is not None:
                expected_lines(target.message_type, lines)
            if target.enum_type is not None:
                for value in target.enum_type.values:
                    lines.add(f"enum {target.enum_type.full_name} {value.number} {value.name}")


def check_every_message_field_and_enumerator(context):
    expected = set()
    expected_lines(history.History.DESCRIPTOR, expected)
    expected_lines(command.Command.DESCRIPTOR, expected)
    ours = context.probe("vocabulary").decode().splitlines()
    assert len(ours) == len(set(ours)), "a line comes twice"
    missing, surplus = sorted(expected - set(ours)), sorted(set(ours) - expected)
    assert not missing and not surplus, "\n".join(["differs:", *("- " + m for m in missing), *("+ " + s for s in surplus)])
    assert sum(line.startswith("message") for line in ours) == 146
