package mappings

import (
	"errors"
	"strings"

	"golang.org/x/net/idna"
)

// profile maps a name as browsers look it up, which includes lower case, and holds it to what DNS allows.
var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.VerifyDNSLength(true))

// maxDomain is DNS's bound, in characters, and more than a name in another script needs.
const maxDomain = 253

func normaliseDomain(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", errors.New("the domain is empty; use one such as acme.com")
	case strings.ContainsAny(text, "/:?#"):
		return "", errors.New("the domain is an address of the web or has a port; use the domain alone, such as acme.com")
	case strings.Contains(text, "@"):
		return "", errors.New(`the domain has an "@"; use what follows it, such as acme.com`)
	case len(text) > 4*maxDomain: // of at most four bytes each
		return "", errors.New("the domain is longer than 253 characters; use one such as acme.com")
	}
	domain, ok := ascii(text)
	switch {
	case !ok:
		return "", errors.New("the domain is not a domain name; use one such as acme.com")
	case FreeMail(domain):
		return "", errors.New("the domain is a mail provider's, whose addresses belong to people of any company; remove the entry")
	}
	return domain, nil
}

// DomainOf returns the domain of an e-mail address as a Mapping has it, a mail provider's too; "" if it has none.
func DomainOf(address string) string {
	domain, ok := ascii(strings.TrimSpace(address[strings.LastIndex(address, "@")+1:]))
	if !ok || !strings.Contains(address, "@") {
		return ""
	}
	return domain
}

// FreeMail says whether anybody gets an address at the domain: then it is no company's.
func FreeMail(domain string) bool { return freeMail[domain] }

func ascii(text string) (domain string, ok bool) {
	domain, err := profile.ToASCII(text)
	return domain, err == nil && strings.Contains(domain, ".") && !allDigits(domain[strings.LastIndex(domain, ".")+1:])
}

func allDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// freeMail are providers at which anybody gets an address.
var freeMail = set(`
	gmail.com googlemail.com
	outlook.com outlook.it hotmail.com hotmail.it hotmail.co.uk hotmail.fr hotmail.de hotmail.es live.com live.it live.co.uk msn.com
	yahoo.com yahoo.it yahoo.co.uk yahoo.fr yahoo.de yahoo.es yahoo.co.jp ymail.com rocketmail.com aol.com
	icloud.com me.com mac.com
	proton.me protonmail.com pm.me tutanota.com tuta.com tuta.io fastmail.com fastmail.fm hey.com hushmail.com
	gmx.com gmx.net gmx.de gmx.at gmx.ch web.de t-online.de freenet.de mail.com mail.de posteo.de
	libero.it virgilio.it alice.it tin.it tim.it tiscali.it inwind.it iol.it email.it fastwebnet.it vodafone.it
	orange.fr wanadoo.fr laposte.net free.fr sfr.fr btinternet.com
	yandex.com yandex.ru mail.ru bk.ru inbox.ru list.ru qq.com 163.com 126.com sina.com naver.com daum.net hanmail.net
	zoho.com zohomail.com zohomail.eu rediffmail.com comcast.net verizon.net att.net sbcglobal.net
	bigpond.com uol.com.br bol.com.br terra.com.br seznam.cz wp.pl o2.pl onet.pl interia.pl ukr.net
`)

func set(words string) map[string]bool {
	members := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		members[word] = true
	}
	return members
}
