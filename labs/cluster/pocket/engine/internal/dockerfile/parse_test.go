package dockerfile

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestInstructionsKeepTheirLinesAndForms(t *testing.T) {
	got, err := Parse("# syntax=docker/dockerfile:1\nfrom python:3.10 AS build\n\nRUN pip install \\\n  # a comment between\n  flask\n" +
		"COPY --from=build /a /b\nCMD [\"python\", \"serve.py\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Instruction{
		{Line: 2, Name: "FROM", Text: "FROM python:3.10 AS build", Flags: map[string]string{}, Args: "python:3.10 AS build"},
		{Line: 4, Name: "RUN", Text: "RUN pip install flask", Flags: map[string]string{}, Args: "pip install   flask"},
		{Line: 7, Name: "COPY", Text: "COPY --from=build /a /b", Flags: map[string]string{"from": "build"}, Args: "/a /b"},
		{Line: 8, Name: "CMD", Text: `CMD ["python", "serve.py"]`, Flags: map[string]string{}, Args: `["python", "serve.py"]`, Exec: []string{"python", "serve.py"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestWhatIsNotSupportedIsNamedWithItsLine(t *testing.T) {
	for text, want := range map[string]struct {
		line  int
		words string
	}{
		"FROM a\nADD x y":                   {2, "ADD is not supported by this builder: use COPY"},
		"FROM a\n\nVOLUME /data":            {3, "a Pod has volumes"},
		"FROM a\nRUN --mount=type=cache x":  {2, "RUN --mount is not supported"},
		"FROM a\nCOPY --chown=1 a b":        {2, "COPY --chown is not supported"},
		"FROM --platform=linux/arm64 a":     {1, "FROM --platform is not supported"},
		"FROM a\nRUN cat <<EOF\nhello\nEOF": {2, "here-documents"},
		"FROM a\nCOPPY a b":                 {2, "unknown instruction COPPY"},
		"RUN x":                             {1, "the first instruction must be FROM"},
		"FROM a\nRUN":                       {2, "RUN says nothing more"},
		"FROM a\nCOPY [\"a\", b]":           {2, "not JSON"},
		"# nothing":                         {1, "no FROM"},
		"ARG A=1":                           {1, "no FROM"},
	} {
		_, err := Parse(text)
		var mistake *Error
		if !errors.As(err, &mistake) || mistake.Line != want.line || !strings.Contains(mistake.Message, want.words) {
			t.Errorf("Parse(%q): %v, want line %d: %s", text, err, want.line, want.words)
		}
	}
}

func TestWords(t *testing.T) {
	lookup := func(name string) (string, bool) {
		value, set := map[string]string{"A": "one", "B": "two words", "E": ""}[name]
		return value, set
	}
	for text, want := range map[string][]string{
		`a  b`:                    {"a", "b"},
		`$A ${A}s $B`:             {"one", "ones", "two words"},
		`"$A b" '$A b' \$A`:       {"one b", "$A b", "$A"},
		`${X:-else} ${A:-else}`:   {"else", "one"},
		`${A:+then} [${X:+then}]`: {"then", "[]"},
		`${E:-$A} ""`:             {"one", ""},
		`k="a \"b\"" 5$ $1`:       {`k=a "b"`, "5$", "$1"},
		`${X:-/a/b}/c`:            {"/a/b/c"},
	} {
		if got, err := Words(text, lookup); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Words(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`"a`, `'a`, `${A`, `${A%x}`, `${}`} {
		if _, err := Words(text, lookup); err == nil {
			t.Errorf("Words(%q): no error", text)
		}
	}
}
