package dockerfile

import (
	"errors"
	"fmt"
	"strings"
)

// Lookup gives the value of a variable.
type Lookup func(name string) (value string, set bool)

// Words splits text at spaces, as a shell would: quotes hold together, $NAME, ${NAME}, ${NAME:-else} and ${NAME:+then} are
// replaced outside of single quotes, a backslash protects what follows it.
func Words(text string, lookup Lookup) ([]string, error) {
	r := reader{text: text, lookup: lookup}
	return r.words()
}

// Expand is Words for a text that is one word, with the spaces in it kept.
func Expand(text string, lookup Lookup) (string, error) {
	r := reader{text: text, lookup: lookup, whole: true}
	words, err := r.words()
	return strings.Join(words, " "), err
}

type reader struct {
	text   string
	at     int
	lookup Lookup
	whole  bool
	word   strings.Builder
	open   bool
}

func (r *reader) words() ([]string, error) {
	var all []string
	finish := func() {
		if r.open {
			all = append(all, r.word.String())
		}
		r.word.Reset()
		r.open = false
	}
	for r.at < len(r.text) {
		if space := r.text[r.at]; !r.whole && (space == ' ' || space == '\t') {
			finish()
			r.at++
			continue
		}
		r.open = true
		if err := r.piece(); err != nil {
			return nil, err
		}
	}
	finish()
	return all, nil
}

// piece reads one character, one quoted part or one variable.
func (r *reader) piece() error {
	switch char := r.text[r.at]; char {
	case '\'':
		return r.quoted('\'', false)
	case '"':
		return r.quoted('"', true)
	case '\\':
		r.at++
		if r.at < len(r.text) {
			r.word.WriteByte(r.text[r.at])
			r.at++
		}
	case '$':
		return r.variable()
	default:
		r.word.WriteByte(char)
		r.at++
	}
	return nil
}

func (r *reader) quoted(end byte, expand bool) error {
	for r.at++; r.at < len(r.text); {
		switch char := r.text[r.at]; {
		case char == end:
			r.at++
			return nil
		case expand && char == '$':
			if err := r.variable(); err != nil {
				return err
			}
			continue
		case expand && char == '\\' && r.at+1 < len(r.text) && strings.IndexByte(`"\$`, r.text[r.at+1]) >= 0:
			r.at++
			r.word.WriteByte(r.text[r.at])
		default:
			r.word.WriteByte(char)
		}
		r.at++
	}
	return fmt.Errorf("a quotation mark %c is not closed", end)
}

func (r *reader) variable() error {
	r.at++
	if r.at < len(r.text) && r.text[r.at] == '{' {
		end := strings.IndexByte(r.text[r.at:], '}')
		if end < 0 {
			return errors.New("${ is not closed")
		}
		inner := r.text[r.at+1 : r.at+end]
		r.at += end + 1
		return r.braced(inner)
	}
	start := r.at
	for r.at < len(r.text) && isName(r.text[r.at], r.at == start) {
		r.at++
	}
	if r.at == start {
		r.word.WriteByte('$')
		return nil
	}
	value, _ := r.lookup(r.text[start:r.at])
	r.word.WriteString(value)
	return nil
}

func (r *reader) braced(inner string) error {
	name, operation := inner, ""
	for at := range inner {
		if !isName(inner[at], at == 0) {
			name, operation = inner[:at], inner[at:]
			break
		}
	}
	value, _ := r.lookup(name)
	alternative, otherwise := strings.CutPrefix(operation, ":-")
	if then, conditional := strings.CutPrefix(operation, ":+"); conditional {
		alternative, otherwise = then, true
		if value == "" {
			return nil
		}
		value = ""
	}
	if name == "" || operation != "" && !otherwise {
		return fmt.Errorf("${%s} is not supported: there are $NAME, ${NAME}, ${NAME:-else} and ${NAME:+then}", inner)
	}
	if value == "" && otherwise {
		expanded, err := Expand(alternative, r.lookup)
		if err != nil {
			return err
		}
		value = expanded
	}
	r.word.WriteString(value)
	return nil
}

func isName(char byte, first bool) bool {
	letter := char == '_' || char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z'
	return letter || !first && char >= '0' && char <= '9'
}
