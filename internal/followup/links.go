package followup

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/followup-dev/followup-operator/internal/mappings"
)

// link matches whatever a mail program or Slack could make a link of: a URL, an e-mail address, or a host as such.
var link = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`[a-z][a-z0-9+.\-]*://[^\s<>"]+`,
	`\bmailto:[^\s<>"]+`,
	`[\p{L}\p{N}._%+'\-]+@[\p{L}\p{N}\-]+(?:[.。．｡][\p{L}\p{N}\-]+)*`,
	`[\p{L}\p{N}][\p{L}\p{N}\-]*(?:[.。．｡][\p{L}\p{N}\-]+)+(?::[0-9]+)?(?:[/?#][^\s<>"]*)?`,
}, "|"))

var (
	markdownLink = regexp.MustCompile(`\[([^\]\n]*)\]\(([^)\n]*)\)`)
	moment       = regexp.MustCompile(`^\?timestamp=\d+$`)
	emptied      = regexp.MustCompile(`[(\[<] *[)\]>]`)
	spaces       = regexp.MustCompile(` +([.,;:!?)]+(?: |$)|$)|( ) +`)
	anyDot       = strings.NewReplacer("。", ".", "．", ".", "｡", ".")
)

// sentenceEnd may follow a link without being of it.
const sentenceEnd = `.,;:!?)]}*_'»”’`

// links are those that a text about a meeting may have.
type links struct {
	recording string // URL
	addresses []string
	domains   []string
}

func linksOf(brief Brief) links {
	l := links{recording: brief.Meeting.URL, addresses: []string{brief.Viewer.Email}}
	for _, p := range brief.Meeting.Participants() {
		l.addresses = append(l.addresses, p.Email)
	}
	for _, address := range l.addresses {
		if domain := mappings.DomainOf(address); domain != "" {
			l.domains = append(l.domains, domain)
		}
	}
	return l
}

// removed returns the text without all other links. A space takes the place of each, so that no two halves become one. A host
// without a path is perhaps a company's name, or a sentence that began without a space: it stays, with a space after each dot.
func (l links) removed(text string) string {
	for {
		text = markdownLink.ReplaceAllString(text, "$1 $2")
		kept := link.ReplaceAllStringFunc(text, l.judged)
		if kept == text {
			return text
		}
		lines := strings.Split(kept, "\n")
		for i, line := range lines {
			lines[i] = spaces.ReplaceAllString(emptied.ReplaceAllString(line, " "), "$1$2")
		}
		text = strings.Join(lines, "\n") // again, since punctuation moved up
	}
}

// judged is what stays of a match of link.
func (l links) judged(match string) string {
	core := strings.TrimRight(match, sentenceEnd)
	end := match[len(core):]
	switch {
	case core == "" || l.known(core):
		return match
	case strings.Contains(core, "@") || strings.Contains(core, "://") || strings.HasPrefix(strings.ToLower(core), "www."):
		return " " + end
	}
	host, path := anyDot.Replace(core), ""
	if i := strings.IndexAny(host, ":/?#"); i >= 0 {
		host, path = host[:i], host[i+1:]
	}
	switch {
	case !linked(host):
		return match
	case path != "":
		return " " + end
	default:
		return strings.ReplaceAll(host, ".", ". ") + end
	}
}

// known says that the link is the recording's, perhaps at a moment, or an invited person's address or its domain.
func (l links) known(core string) bool {
	if rest, ok := strings.CutPrefix(core, l.recording); ok && l.recording != "" && (rest == "" || moment.MatchString(rest)) {
		return true
	}
	for _, address := range l.addresses {
		if SameAddress(address, core) {
			return true
		}
	}
	for _, domain := range l.domains {
		if strings.EqualFold(domain, core) {
			return true
		}
	}
	return false
}

// linked says that there may be a host of this name: it ends as those do that can be registered.
func linked(host string) bool {
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(ascii)
	return icann || strings.Contains(suffix, ".")
}

// printable leaves out what can't be seen, or turns the direction of what follows, and writes line breaks in one way. The
// joiner stays: families of emoji hold together by it.
func printable(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(text)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\u200d':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(text, ""))
}
