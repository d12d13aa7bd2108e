package crm

import (
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Host returns the host of a website as people write it, with or without scheme and path: in lower case, without a port and
// without "www.". It is "" if there is none.
func Host(website string) string {
	website = strings.ToLower(strings.TrimSpace(website))
	if !strings.Contains(website, "://") {
		website = "https://" + website
	}
	u, err := url.Parse(website)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSuffix(u.Hostname(), "."), "www.")
}

// Site returns the part of a host that somebody registered: "acme.co.uk" of "mail.acme.co.uk". Of a host below which anybody
// registers, such as "github.io", and of one that is no domain name it is "".
func Site(host string) string {
	site, err := publicsuffix.EffectiveTLDPlusOne(Host(host))
	if err != nil {
		return ""
	}
	return site
}
