package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var idFormat = regexp.MustCompile(`^(` + strings.Join(areas, "|") + `)\.[a-z0-9_.]+$`)

// call is one Say or Count whose ID stands in the call.
type call struct {
	at, method, id string
	variables      []string
}

// TestTheCodeAndTheCataloguesKnowEachOther finds IDs by their literals: an ID made of parts would not be found.
func TestTheCodeAndTheCataloguesKnowEachOther(t *testing.T) {
	messages := catalogues(t)[Languages[0]]
	used, calls := sources(t)
	for id, at := range used {
		if messages[id] == nil {
			t.Errorf("%s: %s is in no catalogue", at, id)
		}
	}
	for id := range messages {
		if used[id] == "" {
			t.Errorf("%s is used nowhere", id)
		}
	}
	for _, c := range calls {
		m := messages[c.id]
		if m == nil {
			continue
		}
		if m.plural() != (c.method == "Count") {
			t.Errorf("%s: %s of %s, whose plural is %v", c.at, c.method, c.id, m.plural())
		}
		want := slices.DeleteFunc(m.variables(t), func(name string) bool { return m.plural() && name == "Count" })
		slices.Sort(c.variables)
		if !slices.Equal(want, c.variables) {
			t.Errorf("%s: %s is given %v, want %v", c.at, c.id, c.variables, want)
		}
	}
	if len(calls) < 20 {
		t.Errorf("only %d calls found: are they read rightly?", len(calls))
	}
}

// sources reads the Go code of internal/, without tests, for the places of IDs and the calls that say them.
func sources(t *testing.T) (used map[string]string, calls []call) {
	t.Helper()
	used = map[string]string{}
	files := token.NewFileSet()
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if id := literal(node); idFormat.MatchString(id) {
				used[id] = files.Position(node.Pos()).String()
			}
			if c, ok := callOf(node); ok {
				c.at = files.Position(node.Pos()).String()
				calls = append(calls, c)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used, calls
}

// callOf is a call of Say or Count with an ID, and literals for the names of the variables.
func callOf(node ast.Node) (call, bool) {
	expr, ok := node.(*ast.CallExpr)
	if !ok || len(expr.Args) == 0 || expr.Ellipsis.IsValid() {
		return call{}, false
	}
	method, ok := expr.Fun.(*ast.SelectorExpr)
	c := call{id: literal(expr.Args[0])}
	if !ok || !idFormat.MatchString(c.id) {
		return call{}, false
	}
	c.method = method.Sel.Name
	first := map[string]int{"Say": 1, "Count": 2}[c.method]
	if first == 0 {
		return call{}, false
	}
	for i := first; i < len(expr.Args); i += 2 {
		c.variables = append(c.variables, literal(expr.Args[i]))
	}
	return c, true
}

func literal(node ast.Node) string {
	basic, ok := node.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(basic.Value)
	return s
}
