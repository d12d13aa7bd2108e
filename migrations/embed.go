package migrations

import "embed"

// FS holds the numbered goose migrations.
//
//go:embed 0*.sql
var FS embed.FS

// Roles makes the roles, the schemas and the database's own grants. It can be run at any time and changes nothing that
// is right already.
//
//go:embed roles.sql
var Roles string
