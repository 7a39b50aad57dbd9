"""The identifiers that are stripped: those of 45 CFR 164.514(b)(2)(i), by letter, and what other laws add.

law.cornell.edu/cfr/text/45/164.514. National numbers are one kind with the scheme's own name beside it.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What a stretch of text identifies. The value is public: it stands in markers, audit records and metrics."""

    NAME = "NAME"  # (A)
    PLACE = "PLACE"  # (B) subdivisions smaller than a state: street, city, county, precinct
    POSTCODE = "POSTCODE"  # (B) first three digits may stay, but of the low-population list
    DATE = "DATE"  # (C) all elements but the year
    AGE = "AGE"  # (C) over 89
    PHONE = "PHONE"  # (D)
    FAX = "FAX"  # (E)
    EMAIL = "EMAIL"  # (F)
    SSN = "SSN"  # (G)
    RECORD = "RECORD"  # (H) medical record numbers
    PLAN = "PLAN"  # (I) health plan beneficiary numbers
    ACCOUNT = "ACCOUNT"  # (J), IBAN among them
    LICENCE = "LICENCE"  # (K) certificates and licences
    VEHICLE = "VEHICLE"  # (L) VIN and plates
    DEVICE = "DEVICE"  # (M) identifiers and serial numbers, UDI, MAC, UUID, IMEI
    URL = "URL"  # (N)
    IP = "IP"  # (O)
    BIOMETRIC = "BIOMETRIC"  # (P)
    PHOTO = "PHOTO"  # (Q)
    OTHER = "OTHER"  # (R) any other unique number, characteristic or code; patterns of a tenant's own
    NATIONAL = "NATIONAL"  # numbers by which a state knows a person or a patient: NHS number, Steuer-ID, KVNR, NIR, …
    CARD = "CARD"  # payment cards: PCI DSS
