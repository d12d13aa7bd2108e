-- +goose Up
-- What the logins' passwords are derived from: one random key, read by the owner only, so that every replica of the
-- migrator hands on the same passwords and none has to be kept elsewhere.

-- The server makes the key itself: a value sent to it could end up in its log.
CREATE TABLE login_keys (
    id  smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    key bytea NOT NULL DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        CHECK (octet_length(key) = 32)
);
