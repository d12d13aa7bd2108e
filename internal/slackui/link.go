package slackui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxURL is the size of a link's target as it is sent.
const maxURL = 300

// place is where a link of ours may lead.
type place struct {
	host string // and, if it starts with a point, all below it
	path string
}

// places are those of the vendors. What a vendor names elsewhere is not linked.
var places = []place{
	{"fathom.video", "/"}, {".fathom.video", "/"}, {"mail.google.com", "/"}, {"www.google.com", "/calendar/"}, {"app.crono.one", "/"},
}

func (p place) holds(u *url.URL) bool {
	host := u.Host == p.host || (p.host[0] == '.' && strings.HasSuffix(u.Host, p.host))
	path := p.path == "/" || (strings.HasPrefix(u.Path, p.path) && !strings.Contains(u.Path, ".."))
	return host && path
}

// target is a URL as the target of a link, or "" if it leads elsewhere than to the places.
func target(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil || !slices.ContainsFunc(places, func(p place) bool { return p.holds(u) }) {
		return ""
	}
	if strings.ContainsAny(u.String(), "<>| ") {
		return ""
	}
	escaped := escape(u.String())
	if len(escaped) > maxURL {
		return ""
	}
	return escaped
}

// moment is the target of a link to a second of a recording.
func moment(recording string, second int) string {
	u, err := url.Parse(recording)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("timestamp", strconv.Itoa(second))
	u.RawQuery = query.Encode()
	return target(u.String())
}

// linked is label as a link, or without a target alone. The label is ours or escaped.
func linked(target, label string) string {
	if target == "" {
		return label
	}
	return "<" + target + "|" + label + ">"
}
