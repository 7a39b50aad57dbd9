"""The structured record that a caller sends beside a text: whose names, places, dates and numbers are known.

Either an object with these fields, all optional, each one value or a list:

    names, relatives, clinicians    a string, or {given, family, prefix, suffix, maiden, alias}
    addresses                       a string, or {lines, city, district, postcode}
    birth_date, dates               ISO 8601: 1957-03-12, or a date-time
    ids, phones, faxes, emails      a string, or {value, system}
    employers, other                strings

or a FHIR R4 resource (Patient, RelatedPerson, Practitioner, Person, or a Bundle of them) as it stands: hl7.org/fhir/R4.
A field that is not known is refused: what nobody reads, nobody strips.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from model_images.gateway.guard.identifiers import Kind


class RecordUnreadable(ValueError):
    """The record is not of the form above. Names the field, never a value."""


@dataclass(frozen=True, slots=True)
class Person:
    """One name of one person."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    """Family names, also former ones: each is found by itself and with the given names."""
    others: tuple[str, ...] = ()
    """Aliases, and names of which no part is known to be the family's."""


@dataclass(slots=True)
class Known:
    """All that a record tells, by what has to be done with it."""

    people: list[Person] = field(default_factory=list)
    streets: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    dates: list[tuple[int, int, int]] = field(default_factory=list)
    numbers: list[tuple[str, Kind]] = field(default_factory=list)
    """Written with or without separators; postcodes, addresses of e-mail and free phrases among them."""


_PEOPLE = ("names", "relatives", "clinicians")
_NUMBERS = {
    "ids": Kind.RECORD, "phones": Kind.PHONE, "faxes": Kind.FAX, "emails": Kind.EMAIL, "employers": Kind.OTHER,
    "other": Kind.OTHER,
}  # fmt: skip
_FHIR = ("Patient", "RelatedPerson", "Practitioner", "Person")
_NAME_FIELDS = {"given", "family", "prefix", "suffix", "maiden", "alias"}
_ADDRESS_FIELDS = {"lines", "city", "district", "postcode"}
_DATE = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?\s*", re.DOTALL)


def known(record: Mapping[str, object]) -> Known:
    """What `record` tells. Raises `RecordUnreadable`."""
    if "resourceType" in record:
        facts = Known()
        for resource in _resources(record):
            _read_fhir(resource, facts)
        return facts
    facts = Known()
    for name, value in record.items():
        if name in _PEOPLE:
            facts.people.extend(_person(item, name) for item in _items(value))
        elif name == "addresses":
            for item in _items(value):
                _read_address(item, facts)
        elif name in ("birth_date", "dates"):
            facts.dates.extend(_date(item, name) for item in _items(value))
        elif name in _NUMBERS:
            facts.numbers.extend((_string(item, name), _NUMBERS[name]) for item in map(_value_of, _items(value)))
        else:
            raise RecordUnreadable("the record has a field that is not known; see record_form.py for those that are")
    return facts


def _person(item: object, where: str) -> Person:
    if isinstance(item, str):
        words = tuple(item.replace(",", " ").split())
        turned = "," in item  # `Smith, John`
        if len(words) < 2:
            return Person((), words)
        return Person(words[1:], words[:1]) if turned else Person(words[:-1], words[-1:])
    fields = _mapping(item, where)
    if set(fields) - _NAME_FIELDS:
        raise RecordUnreadable(f"{where}: a name has only {', '.join(sorted(_NAME_FIELDS))}")
    return Person(
        given=_strings(fields, "given"),
        family=(*_strings(fields, "family"), *_strings(fields, "maiden")),
        others=_strings(fields, "alias"),
    )


def _read_address(item: object, facts: Known) -> None:
    if isinstance(item, str):
        lines = [line.strip() for line in re.split(r"[,\n]", item)]
        facts.streets.extend(line for line in lines if line)
        return
    fields = _mapping(item, "addresses")
    if set(fields) - _ADDRESS_FIELDS:
        raise RecordUnreadable(f"addresses: an address has only {', '.join(sorted(_ADDRESS_FIELDS))}")
    facts.streets.extend(_strings(fields, "lines"))
    facts.places.extend((*_strings(fields, "city"), *_strings(fields, "district")))
    facts.numbers.extend((code, Kind.POSTCODE) for code in _strings(fields, "postcode"))


def _resources(record: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    if record["resourceType"] != "Bundle":
        yield record
        return
    for entry in _items(record.get("entry")):
        resource = _mapping(_mapping(entry, "entry").get("resource"), "entry.resource")
        if resource.get("resourceType") not in _FHIR:
            raise RecordUnreadable("the bundle holds a resource that is no person")
        yield resource


def _read_fhir(resource: Mapping[str, object], facts: Known) -> None:
    if resource.get("resourceType") not in _FHIR:
        raise RecordUnreadable(f"of FHIR, {', '.join(_FHIR)} and Bundle are read")
    if identity := resource.get("id"):
        facts.numbers.append((_string(identity, "id"), Kind.RECORD))
    for moment in ("birthDate", "deceasedDateTime"):
        value = resource.get(moment)
        if isinstance(value, str) and _DATE.fullmatch(value):  # a year or a month alone is no date that stands in texts
            facts.dates.append(_date(value, moment))
    for identifier in _items(resource.get("identifier")):
        if value := _mapping(identifier, "identifier").get("value"):
            facts.numbers.append((_string(value, "identifier.value"), Kind.RECORD))
    _read_contacts(resource, facts)
    for contact in _items(resource.get("contact")):
        _read_contacts(_mapping(contact, "contact"), facts)
    for qualification in _items(resource.get("qualification")):
        for identifier in _items(_mapping(qualification, "qualification").get("identifier")):
            facts.numbers.append((_string(_value_of(identifier), "qualification.identifier"), Kind.LICENCE))
    for reference in (*_items(resource.get("generalPractitioner")), *_items(resource.get("managingOrganization"))):
        if display := _mapping(reference, "reference").get("display"):
            facts.people.append(Person((), (), (_string(display, "display"),)))


def _read_contacts(holder: Mapping[str, object], facts: Known) -> None:
    for item in _items(holder.get("name")):
        name = _mapping(item, "name")
        facts.people.append(Person(_strings(name, "given"), _strings(name, "family"), ()))
        if text := name.get("text"):
            facts.people.append(_person(_string(text, "name.text"), "name.text"))
    for item in _items(holder.get("address")):
        address = _mapping(item, "address")
        facts.streets.extend((*_strings(address, "line"), *_strings(address, "text")))
        facts.places.extend((*_strings(address, "city"), *_strings(address, "district")))
        facts.numbers.extend((code, Kind.POSTCODE) for code in _strings(address, "postalCode"))
    for item in _items(holder.get("telecom")):
        telecom = _mapping(item, "telecom")
        if value := telecom.get("value"):
            kind = {"fax": Kind.FAX, "email": Kind.EMAIL, "url": Kind.URL}.get(str(telecom.get("system")), Kind.PHONE)
            facts.numbers.append((_string(value, "telecom.value"), kind))


def _date(value: object, where: str) -> tuple[int, int, int]:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RecordUnreadable(f"{where}: dates are written as ISO 8601, 1957-03-12")
    return int(match[1]), int(match[2]), int(match[3])


def _value_of(item: object) -> object:
    return item.get("value") if isinstance(item, Mapping) else item


def _items(value: object) -> Iterable[object]:
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _strings(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    return tuple(_string(item, name) for item in _items(fields.get(name)))


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise RecordUnreadable(f"{where}: wants a string")
    return value


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise RecordUnreadable(f"{where}: wants an object")
    return value
