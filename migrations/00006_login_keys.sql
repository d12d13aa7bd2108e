-- +goose Up
-- What the logins' passwords are derived from: one random key, read by the owner only, so that every replica of the
-- migrator hands on the same passwords and none has to be kept elsewhere.

CREATE TABLE login_keys (
    id  smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    key bytea NOT NULL CHECK (octet_length(key) = 32)
);
