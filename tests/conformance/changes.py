# Histories with one command changed, as if other code had written them. Each change keeps the history well formed: event
# numbers run on, and what refers to an event still refers to it.
#
# Temporal's core looks at less than durasim does: at a timer's id only when it fires, not at signal names, and not for a
# command that a later step takes back. Such changes are yielded with `both` false.
import copy

KINDS = {
    "EVENT_TYPE_TIMER_STARTED": "timerStartedEventAttributes",
    "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED": "activityTaskScheduledEventAttributes",
    "EVENT_TYPE_TIMER_CANCELED": "timerCanceledEventAttributes",
    "EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED": "activityTaskCancelRequestedEventAttributes",
    "EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED": "signalExternalWorkflowExecutionInitiatedEventAttributes",
    "EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED":
        "requestCancelExternalWorkflowExecutionInitiatedEventAttributes",
    "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED": "workflowExecutionCompletedEventAttributes",
    "EVENT_TYPE_WORKFLOW_EXECUTION_FAILED": "workflowExecutionFailedEventAttributes",
    "EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED": "workflowExecutionCanceledEventAttributes",
    "EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW": "workflowExecutionContinuedAsNewEventAttributes",
}
CLOSING = [kind for kind in KINDS if kind.startswith("EVENT_TYPE_WORKFLOW_EXECUTION_")]
REFERENCES = ("startedEventId", "scheduledEventId", "initiatedEventId", "latestCancelRequestedEventId")


def attributes(event):
    return next(value for name, value in event.items() if name.endswith("EventAttributes"))


def refers_to(event, number):
    return any(attributes(event).get(name) == number for name in REFERENCES)


# The event and those that follow from it, dropped, and the others numbered anew.
def without(events, first):
    dropped = {first["eventId"]}
    for event in events:
        if any(refers_to(event, number) for number in dropped):
            dropped.add(event["eventId"])
    kept = [event for event in events if event["eventId"] not in dropped]
    numbers = {event["eventId"]: str(place) for place, event in enumerate(kept, 1)}
    for event in kept:
        event["eventId"] = numbers[event["eventId"]]
        for name in (*REFERENCES, "workflowTaskCompletedEventId"):
            if name in attributes(event):
                attributes(event)[name] = numbers[attributes(event)[name]]
    return kept


# Two neighbours of one task change places.
def swapped(events, first, second):
    numbers = {first["eventId"]: second["eventId"], second["eventId"]: first["eventId"]}
    places = events.index(first), events.index(second)
    events[places[0]], events[places[1]] = second, first
    for event in events:
        event["eventId"] = numbers.get(event["eventId"], event["eventId"])
        for name in REFERENCES:
            if name in attributes(event):
                attributes(event)[name] = numbers.get(attributes(event)[name], attributes(event)[name])
    for place in places:
        events[place]["eventTime"] = events[places[0]]["eventTime"]
    return events


# A changed text wherever the same thing is meant.
def renamed(events, member, value):
    for event in events:
        if attributes(event).get(member) == value:
            attributes(event)[member] = "other"
    return events


# Whether the history says that the code took back what `event` opened.
def is_taken_back(events, event):
    canceling = ("EVENT_TYPE_TIMER_CANCELED", "EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED")
    return any(refers_to(other, event["eventId"]) for other in events if other["eventType"] in canceling)


# Every change of `document`: its name, the changed history, and whether it is one for both.
def of(document):
    def fresh(place):
        events = copy.deepcopy(document["events"])
        return events, events[place]

    commands = [(place, event) for place, event in enumerate(document["events"]) if event["eventType"] in KINDS]
    for place, event in commands:
        said = attributes(event)
        where = f"event {event['eventId']}"
        taken_back = is_taken_back(document["events"], event)
        if event["eventType"] == "EVENT_TYPE_TIMER_STARTED":
            yield f"{where}: other timer id", renamed(fresh(place)[0], "timerId", said["timerId"]), not taken_back
        if event["eventType"] == "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED":
            yield f"{where}: other activity id", renamed(fresh(place)[0], "activityId", said["activityId"]), True
            events, changed = fresh(place)
            attributes(changed)["activityType"]["name"] = "Other"
            yield f"{where}: other activity type", events, True
        if "signalName" in said:
            yield f"{where}: other signal", renamed(fresh(place)[0], "signalName", said["signalName"]), False
        if event["eventType"] in CLOSING:
            events, changed = fresh(place)
            other = CLOSING[0] if event["eventType"] != CLOSING[0] else CLOSING[2]
            completed = attributes(changed)["workflowTaskCompletedEventId"]
            del changed[KINDS[event["eventType"]]]
            changed["eventType"] = other
            changed[KINDS[other]] = {"workflowTaskCompletedEventId": completed}
            yield f"{where}: another end", events, True
        else:
            events, changed = fresh(place)
            yield f"{where}: missing", without(events, changed), not taken_back
    for (place, event), (next_place, following) in zip(commands, commands[1:]):
        if next_place != place + 1 or refers_to(following, event["eventId"]) or following["eventType"] in CLOSING:
            continue
        events = copy.deepcopy(document["events"])
        yield f"event {event['eventId']}: swapped with the next", swapped(events, events[place], events[next_place]), True
