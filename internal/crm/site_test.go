package crm

import "testing"

func TestHostAndSiteOfWhatPeopleWrite(t *testing.T) {
	tests := []struct{ website, host, site string }{
		{"acme.com", "acme.com", "acme.com"},
		{"https://www.Acme.com/en?x=1", "acme.com", "acme.com"},
		{" http://WWW.acme.com:8080 ", "acme.com", "acme.com"},
		{"acme.com.", "acme.com", "acme.com"},
		{"mail.acme.co.uk/contact", "mail.acme.co.uk", "acme.co.uk"},
		{"https://wwwacme.com", "wwwacme.com", "wwwacme.com"},
		{"acme.github.io", "acme.github.io", "acme.github.io"},
		{"https://github.io", "github.io", ""},
		{"", "", ""},
		{"see LinkedIn", "", ""},
		{"https://", "", ""},
		{"localhost", "localhost", ""},
	}
	for _, tc := range tests {
		t.Run(tc.website, func(t *testing.T) {
			if host, site := Host(tc.website), Site(tc.website); host != tc.host || site != tc.site {
				t.Errorf("host %q, site %q; want %q, %q", host, site, tc.host, tc.site)
			}
		})
	}
}
