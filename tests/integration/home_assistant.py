"""What Home Assistant's MQTT integration and its templates make of messages; a stand-in with the rules of its source."""
import json
import re
import types

import jinja2

SHARED = ("availability", "availability_mode")  # of a device payload, for components without their own


def match(value, pattern):
    return re.match(pattern, value) is not None


def environment():
    """Jinja as Home Assistant sets it up; what it only logs is an error here."""
    made = jinja2.Environment(undefined=jinja2.StrictUndefined)
    made.filters["regex_replace"] = lambda value, find="", replace="": re.sub(find, replace, value)
    made.tests["match"] = match
    return made


class Entity:
    def __init__(self, entity_id, config, device, known):
        self.entity_id, self.config, self.device = entity_id, config, device
        self.value = known.value if known else None
        template = config.get("value_template", "{{ value }}")
        self.template = environment().from_string(template)
        self.attributes = known.attributes if known else {}
        self.attributes_template = environment().from_string(config.get("json_attributes_template", "{{ value }}"))

    @property
    def name(self):
        return f"{self.device['name']} {self.config['name']}"

    def take(self, payload):
        """The new value, or a text that says what would be logged."""
        values = {"value": payload}
        try:
            values["value_json"] = json.loads(payload)
        except ValueError:
            pass
        try:
            text = self.template.render(**values).strip()
            self.value = self.convert(text)
            if "json_attributes_topic" in self.config:  # the same as that of the state
                self.take_attributes(payload, values)
        except (jinja2.TemplateError, LookupError, TypeError, ValueError) as error:
            return f"{self.entity_id}: {error} (payload '{payload}', template {self.config.get('value_template')})"
        return None

    def take_attributes(self, payload, values):
        text = self.attributes_template.render(**values)
        self.attributes = json.loads(text)
        if not isinstance(self.attributes, dict):
            raise ValueError(f"attributes are no object: {text}")

    def convert(self, text):
        platform = self.entity_id.split(".")[0]
        if platform == "text":
            if text == "None" or len(text) > 255:
                raise ValueError(f"shown as a text: {text}")
            return text
        if text == "None":
            return None
        if text == "":
            return self.value  # ignored
        if platform == "binary_sensor":
            return {self.config["payload_on"]: "on", self.config["payload_off"]: "off"}[text]
        if "options" in self.config and text not in self.config["options"]:
            raise ValueError(f"no option: {text}")
        if any(key in self.config for key in ("state_class", "unit_of_measurement")):
            float(text)
        return text


class States:
    """`states('sensor.x')` and `states.binary_sensor`."""

    def __init__(self, home):
        self.home = home

    def __call__(self, *arguments, **options):
        return self.home.states(*arguments, **options)

    @property
    def binary_sensor(self):
        return [types.SimpleNamespace(entity_id=entity_id, state=self.home.state(entity_id))
                for entity_id in sorted(self.home.entities) if entity_id.startswith("binary_sensor.")]


class HomeAssistant:
    def __init__(self, prefix="homeassistant"):
        self.prefix, self.problems = prefix, []
        self.entities = {}  # by entity id
        self.announced = {}  # entity ids by discovery topic
        self.statuses = {}  # newest payload by topic; retained, so known whenever a topic is subscribed

    def take(self, topic, payload):
        if topic.startswith(self.prefix + "/") and topic.endswith("/config"):
            self.discover(topic, payload)
            return
        if topic.endswith(("/status", "/findings")) and payload:
            self.statuses[topic] = payload
        for entity in list(self.entities.values()):
            if entity.config["state_topic"] == topic and (problem := entity.take(payload)):
                self.problems.append(problem)

    def discover(self, topic, payload):
        before = {entity_id: self.entities.pop(entity_id) for entity_id in self.announced.pop(topic, [])}
        if not payload:
            return
        message = json.loads(payload)
        for component in message["components"].values():
            if not component.get("enabled_by_default", True):
                continue
            config = {key: message[key] for key in SHARED if key in message} | component
            entity_id = component["default_entity_id"]
            entity = Entity(entity_id, config, message["device"], before.get(entity_id))
            if config["state_topic"] in self.statuses:
                entity.take(self.statuses[config["state_topic"]])
            self.entities[entity_id] = entity
            self.announced.setdefault(topic, []).append(entity_id)

    def is_available(self, entity):
        return all(self.statuses.get(entry["topic"]) == "online" for entry in entity.config.get("availability", []))

    def state(self, entity_id):
        entity = self.entities.get(entity_id)
        if entity is None:
            return "unknown"
        if not self.is_available(entity):
            return "unavailable"
        return "unknown" if entity.value is None else entity.value

    def states(self, entity_id, rounded=False, with_unit=False):
        state, config = self.state(entity_id), self.entities[entity_id].config
        if rounded and "suggested_display_precision" in config:
            state = f"{float(state):.{config['suggested_display_precision']}f}"
        return f"{state} {config['unit_of_measurement']}" if with_unit and "unit_of_measurement" in config else state

    def render(self, template):
        """A template of a dashboard, with the functions the shipped one uses."""
        entities = self.entities
        names = {
            "states": States(self),
            "device_id": lambda entity_id: entities[entity_id].device["identifiers"][0],
            "device_entities": lambda device: [entity_id for entity_id, entity in entities.items()
                                               if device in entity.device["identifiers"]],
            "device_attr": lambda entity_id, key: entities[entity_id].device.get(key),
            "state_attr": lambda entity_id, key: {"friendly_name": entities[entity_id].name}[key],
            "is_state": lambda entity_id, state: self.state(entity_id) == state,
            "has_value": lambda entity_id: self.state(entity_id) not in ("unknown", "unavailable"),
        }
        return environment().from_string(template).render(**names)
