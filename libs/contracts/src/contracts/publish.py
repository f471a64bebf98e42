"""What outside readers get: a JSON Schema per event and one AsyncAPI document, both committed."""

import json
from pathlib import Path
from typing import Any

import msgspec

from contracts import catalogue
from contracts.event import EventType, Topic

type Json = dict[str, Any]

HEADERS: Json = {
    "type": "object",
    "required": ["ce_type", "ce_id", "ce_time", "ce_source"],
    "properties": {
        "ce_type": {"type": "string", "description": "The event's type: route by it."},
        "ce_id": {
            "type": "string",
            "description": "Unique; the same whenever the same event is published again.",
        },
        "ce_time": {"type": "string", "format": "date-time", "description": "When it was written."},
        "ce_source": {"type": "string", "description": "The service, as /<name>."},
        "traceparent": {"type": "string", "description": "W3C trace context of what caused it."},
    },
}


def schema_of(registered: EventType) -> Json:
    """The JSON Schema (2020-12) of one event's value."""
    schema = msgspec.json.schema(registered.cls)
    definitions = schema.pop("$defs")
    root = definitions.pop(registered.cls.__name__)
    document: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": registered.type,
        **root,
    }
    if definitions:
        document["$defs"] = definitions
    return document


def _kept(topic: Topic) -> Json:
    """How long a topic keeps its records, where it says so itself."""
    if topic.retention_s is None:
        return {}
    return {"topicConfiguration": {"retention.ms": topic.retention_s * 1_000}}


def asyncapi() -> Json:
    """The AsyncAPI 3.0 document of all topics, with the schemas by reference."""
    channels: Json = {}
    messages: Json = {}
    operations: Json = {}
    for topic in catalogue.topics():
        of_topic = [e for e in catalogue.events() if e.topic == topic]
        channels[topic.name] = {
            "address": topic.name,
            "description": topic.description,
            "messages": {e.type: {"$ref": f"#/components/messages/{e.type}"} for e in of_topic},
            "bindings": {"kafka": {"bindingVersion": "0.5.0", "topic": topic.name, **_kept(topic)}},
        }
        operations[f"publish.{topic.name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "messages": [{"$ref": f"#/channels/{topic.name}/messages/{e.type}"} for e in of_topic],
        }
    for registered in catalogue.events():
        messages[registered.type] = {
            "name": registered.type,
            "title": registered.cls.__name__,
            "summary": (registered.cls.__doc__ or "").split("\n\n")[0].replace("\n    ", " "),
            "contentType": "application/json",
            "headers": HEADERS,
            "payload": {"$ref": f"./schemas/{registered.type}.json"},
            "bindings": {
                "kafka": {
                    "bindingVersion": "0.5.0",
                    "key": {
                        "type": "string",
                        "description": f"{registered.topic.key}: the value of `{registered.key}`",
                    },
                }
            },
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Largesse events",
            "version": "1.0.0",
            "description": "Facts that Largesse's services publish. Within a version changes are "
            "additive: ignore fields and types that you do not know.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def documents() -> dict[str, str]:
    """Every generated file: path relative to the package's folder, and text."""
    files = {
        f"schemas/{registered.type}.json": schema_of(registered)
        for registered in catalogue.events()
    }
    files["asyncapi.json"] = asyncapi()
    return {
        path: json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for path, content in files.items()
    }


def write(folder: Path) -> list[str]:
    """Write the files that changed under `folder` and return their paths."""
    changed: list[str] = []
    for path, text in documents().items():
        target = folder / path
        if not target.exists() or target.read_text() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            changed.append(path)
    return changed
