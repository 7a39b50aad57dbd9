-- What each replica of a gateway has let through in the last hour, so that a ceiling holds for all of them together.

SET LOCAL ROLE token_vault_owner;

-- By the minute since 1970; `caller` is an application's id, or `*` for the tenant as a whole.
CREATE TABLE token_vault.volumes (
    tenant text NOT NULL CHECK (length(tenant) BETWEEN 1 AND 63),
    caller text NOT NULL CHECK (length(caller) BETWEEN 1 AND 100),
    minute bigint NOT NULL,
    replica text NOT NULL CHECK (length(replica) BETWEEN 1 AND 63),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    reidentified bigint NOT NULL CHECK (reidentified >= 0),
    PRIMARY KEY (tenant, caller, minute, replica)
);

-- A patient is an HMAC under a key that is mounted to gateways alone; `minute` is when somebody last sent the record.
CREATE TABLE token_vault.patients (
    tenant text NOT NULL CHECK (length(tenant) BETWEEN 1 AND 63),
    caller text NOT NULL CHECK (length(caller) BETWEEN 1 AND 100),
    patient bytea NOT NULL CHECK (octet_length(patient) = 16),
    minute bigint NOT NULL,
    PRIMARY KEY (tenant, caller, patient)
);
