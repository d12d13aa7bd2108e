package writer

import _ "embed"

// system is the same for all meetings, so that the vendor keeps it in its cache.
//
//go:embed system.txt
var system string
